// All that the web phone imports of JsSIP.
import JsSIP from "jssip";

export const { UA, C, version } = JsSIP;
