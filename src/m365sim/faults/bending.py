"""Faults that change the real answer. Functions of a JSON document; nothing here meets a socket."""

import copy
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import msgspec

from m365sim.answers import Answer
from m365sim.faults.kinds import (
    AnyFault,
    Batch424,
    ForeignNextLink,
    Headers,
    Mangle,
    NullList,
    Reorder,
    RepeatRecords,
    Truncate,
    UnknownProperties,
    WrongContentType,
)
from m365sim.faults.rules import Rule

Document = dict[str, object]
LINKS = ("@odata.nextLink", "@odata.deltaLink")


def bend(rule: Rule, answer: Answer) -> Answer:
    """Return the answer as a fault leaves it."""
    match rule.fault:
        case Truncate(keep=keep):
            return replace(answer, body=answer.body[: int(len(answer.body) * keep)], parts=())
        case WrongContentType(content_type=content_type):
            return replace(answer, content_type=content_type)
        case Headers(headers=headers):
            return replace(answer, headers={**answer.headers, **headers})
        case _:
            return _bend_document(rule, answer)


def _bend_document(rule: Rule, answer: Answer) -> Answer:
    if not answer.is_json or not answer.body:
        return answer
    document = msgspec.json.decode(answer.body)
    if not isinstance(document, dict) or not _bend_json(rule, rule.fault, document):
        return answer
    return replace(answer, body=msgspec.json.encode(document), parts=())


def _bend_json(rule: Rule, fault: AnyFault, document: Document) -> bool:
    match fault:
        case ForeignNextLink():
            _point_elsewhere(fault, document)
        case NullList():
            _null_lists(fault, document)
        case UnknownProperties():
            _add_unknown(document)
        case RepeatRecords():
            _repeat(rule, fault, document)
        case Reorder():
            for name in ("value", "responses"):
                _list_in(document, name).reverse()
        case Mangle():
            _mangle(document, fault.target.strip("/").split("/"), fault)
        case Batch424(scope="items"):
            _fail_items(document)
        case _:
            return False
    return True


def _list_in(document: Document, name: str) -> list[object]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _point_elsewhere(fault: ForeignNextLink, document: Document) -> None:
    for name in LINKS:
        link = document.get(name)
        if isinstance(link, str):
            document[name] = urlunsplit(
                urlsplit(link)._replace(scheme=fault.scheme, netloc=fault.host)
            )


def _null_lists(fault: NullList, document: Document) -> None:
    if fault.property == "value":
        document["value"] = None
        return
    for record in _list_in(document, "value"):
        if isinstance(record, dict):
            record[fault.property] = None


def _add_unknown(document: Document) -> None:
    records = [record for record in _list_in(document, "value") if isinstance(record, dict)]
    for target in [document, *records]:
        target["@odata.simulatedAnnotation"] = "#unknown"
        target["simulatedProperty"] = {
            "nested": [1, None, "text"],
            "@odata.type": "#microsoft.graph.unheardOf",
        }


def _repeat(rule: Rule, fault: RepeatRecords, document: Document) -> None:
    records = _list_in(document, "value")
    again = rule.kept if "@odata.nextLink" in document or rule.kept else records[: fault.count]
    rule.kept = copy.deepcopy(records[: fault.count])
    records.extend(again)


def _mangle(node: object, path: list[str], fault: Mangle) -> None:
    if isinstance(node, dict):
        for name in list(node) if path[0] == "*" else path[:1]:
            if len(path) > 1:
                _mangle(node.get(name), path[1:], fault)
            elif fault.remove:
                node.pop(name, None)
            else:
                node[name] = fault.value
    elif isinstance(node, list):
        for index in reversed(range(len(node))):
            if path[0] not in ("*", str(index)):
                continue
            if len(path) > 1:
                _mangle(node[index], path[1:], fault)
            elif fault.remove:
                del node[index]
            else:
                node[index] = fault.value


def _fail_items(document: Document) -> None:
    for response in _list_in(document, "responses"):
        if isinstance(response, dict):
            response["status"] = 424
            response["body"] = {
                "error": {"code": "FailedDependency", "message": "Failed Dependency"}
            }
