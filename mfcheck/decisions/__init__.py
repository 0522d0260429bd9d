"""Decisions on a claim: from draws to a finding, under one theory and its wrong twins."""
