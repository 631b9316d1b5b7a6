"""The tables of an index, one SQLite file."""

from __future__ import annotations

from typing import Final

from kg.index.words import TOKENIZER

#: The name of the file: the writer's in the folder of the store, a reader's in the folder of its snapshot.
FILE: Final = "index.sqlite"
#: To be raised with every change of the tables or of what stands in them: an index of another version is made anew.
VERSION: Final = "2"

#: ``parts`` of a document: what its contents put into the other tables, so that it can be taken out again. ``tables``
#: of a citation are the goal tables that cite, ``detail`` all that the citations say; see :mod:`kg.index.writing`.
#: ``named`` counts the graphs that say a thing of a cited document; ``property`` as in :mod:`kg.index.contents`.
TABLES: Final = f"""
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pending (graph TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE irregular (graph TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE document (
  id INTEGER PRIMARY KEY, graph TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, year INTEGER, department TEXT,
  code TEXT, organ TEXT, place TEXT, parts TEXT NOT NULL
);
CREATE INDEX document_department ON document (department);
CREATE TABLE thing (id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE);
CREATE TABLE cites (
  cited INTEGER NOT NULL, document INTEGER NOT NULL, tables TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE UNIQUE INDEX cites_cited ON cites (cited, document);
CREATE TABLE named (
  value TEXT NOT NULL, property INTEGER NOT NULL, cited INTEGER NOT NULL, graphs INTEGER NOT NULL,
  PRIMARY KEY (value, property, cited)
) WITHOUT ROWID;
CREATE INDEX named_cited ON named (cited, property, value);
CREATE TABLE metric (name TEXT PRIMARY KEY, indicators INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE resolved (cited INTEGER NOT NULL, head INTEGER NOT NULL, PRIMARY KEY (cited, head)) WITHOUT ROWID;
CREATE INDEX resolved_head ON resolved (head);
CREATE TABLE stale (kind TEXT NOT NULL, key NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE regulation (
  head INTEGER PRIMARY KEY, iri TEXT NOT NULL, number TEXT, title TEXT, projects INTEGER NOT NULL,
  departments INTEGER NOT NULL, places INTEGER NOT NULL, years INTEGER NOT NULL, indicators INTEGER NOT NULL,
  listed TEXT NOT NULL
);
CREATE TABLE entry (
  standing INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, label TEXT NOT NULL, beside TEXT NOT NULL,
  address TEXT NOT NULL, keys TEXT NOT NULL, weight INTEGER NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(tokens, content='', columnsize=0, tokenize='{TOKENIZER}');
"""
