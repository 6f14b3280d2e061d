// Before the first paint: light or dark as it was chosen on this machine, else as the system says.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage may be closed to us: then the system's choice stands */ }
