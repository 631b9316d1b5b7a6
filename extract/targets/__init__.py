"""The grammar of target values (指标值): ``parse`` reads one cell; ``vocabulary`` gives the units it knows."""

from extract.targets.grammar import parse
from extract.targets.units import Dimension, Unit, Vocabulary, unit_concept, unit_factor, vocabulary

__all__ = ["Dimension", "Unit", "Vocabulary", "parse", "unit_concept", "unit_factor", "vocabulary"]
