"""The paper under test, as it is cited."""

from __future__ import annotations

AUTHORS = ("Soichiro Kumano", "Hiroshi Kera", "Toshihiko Yamasaki")
TITLE = "Adversarial Training from Mean Field Perspective"
WHERE, YEAR = "Advances in Neural Information Processing Systems", 2023
IDENTIFIER = "2505.14021"
ADDRESS = f"https://arxiv.org/abs/{IDENTIFIER}"
SHORT = f"Kumano, Kera and Yamasaki, {TITLE}, NeurIPS {YEAR}, arXiv {IDENTIFIER}"

BIBTEX = f"""@inproceedings{{kumano2023adversarial,
  author    = {{{" and ".join(AUTHORS)}}},
  title     = {{{TITLE}}},
  booktitle = {{{WHERE}}},
  year      = {{{YEAR}}},
  eprint    = {{{IDENTIFIER}}},
  url       = {{{ADDRESS}}}
}}
"""
