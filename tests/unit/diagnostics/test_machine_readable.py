"""JSON and workflow commands, to the character."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostic, Related, Severity, Source, Span, github, json

SOURCE = Source("dir/a,b:c.vms", "const A = 1\nconst A = é\n")
FINDING = Diagnostic(
    Severity.ERROR,
    "twice",
    "100% `A`\nagain",
    Span(SOURCE, 18, 19),
    hint="rename, or: remove",
    replacement="",
    related=(Related(Span(SOURCE, 6, 7), "the first"),),
)


def test_json() -> None:
    assert json.render([FINDING]) == (
        """[
  {
    "severity": "error",
    "code": "twice",
    "message": "100% `A`\\nagain",
    "file": "dir/a,b:c.vms",
    "start": {
      "offset": 18,
      "line": 2,
      "column": 7
    },
    "end": {
      "offset": 19,
      "line": 2,
      "column": 8
    },
    "hint": "rename, or: remove",
    "replacement": "",
    "related": [
      {
        "message": "the first",
        "file": "dir/a,b:c.vms",
        "start": {
          "offset": 6,
          "line": 1,
          "column": 7
        },
        "end": {
          "offset": 7,
          "line": 1,
          "column": 8
        }
      }
    ]
  }
]
"""
    )
    assert json.render([]) == "[]\n"


def test_json_is_ascii_and_keeps_its_keys() -> None:
    plain = Diagnostic(Severity.WARNING, "w", "é", Span(SOURCE, 22, 23))
    assert '"message": "\\u00e9"' in json.render([plain])
    assert list(json.as_object(plain)) == [
        "severity",
        "code",
        "message",
        "file",
        "start",
        "end",
        "hint",
        "replacement",
        "related",
    ]
    assert json.as_object(plain)["hint"] is None


def test_github() -> None:
    assert github.render([FINDING]) == (
        "::error file=dir/a%2Cb%3Ac.vms,line=2,endLine=2,col=7,endColumn=8,title=twice::"
        "100%25 `A`%0Aagain%0Adir/a,b:c.vms:1:7: the first%0Ahint: rename, or: remove\n"
    )


def test_github_over_several_lines_has_no_columns() -> None:
    finding = Diagnostic(Severity.WARNING, "w", "m", Span(SOURCE, 6, 20))
    assert github.render([finding, finding]) == "::warning file=dir/a%2Cb%3Ac.vms,line=1,endLine=2,title=w::m\n" * 2


def test_github_of_an_empty_span() -> None:
    finding = Diagnostic(Severity.WARNING, "w", "m", Span(Source("a.vms", ""), 0, 0))
    assert github.render([finding]) == "::warning file=a.vms,line=1,endLine=1,col=1,endColumn=2,title=w::m\n"
