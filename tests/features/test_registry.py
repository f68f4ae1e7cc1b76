"""The extractors of features by name."""

import sys
from pathlib import Path

import pytest

from riptui.errors import InputError
from riptui.features import feature_extractor_names, find_extractor, load_extractor, short_title
from riptui.features.registry import BUILT_IN, ExtractorInfo, adopt_plugin
from riptui.plugins import Registry
from riptui.testing import check_extractor
from tests.support.plugin_distribution import install_distribution

PLUGIN = """
import numpy as np
from riptui.features import ExtractorInfo

INFO = ExtractorInfo("edge_features:Means", "The mean colour.")


class Means:
    name = identity = "means"
    dimension = 3

    def extract(self, images):
        rows = [np.asarray(image.convert("RGB"), np.float32).mean(axis=(0, 1)) for image in images]
        return np.array(rows, np.float32).reshape(len(rows), 3)
"""


def test_the_weightless_extractor_keeps_the_rules() -> None:
    check_extractor(load_extractor("phash"))


def test_an_extractor_is_loaded_once() -> None:
    assert load_extractor("phash") is load_extractor("phash")


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown features 'phas'.*phash"):
        find_extractor("phas")


def test_an_extractor_without_models_takes_none() -> None:
    with pytest.raises(InputError, match="phash has no choice of models; use phash"):
        find_extractor("phash:org/name")


def test_a_plugin_adds_an_extractor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"riptui.features": {"means": "edge_features:INFO"}}
    monkeypatch.syspath_prepend(install_distribution(tmp_path / "site", points, {"edge_features": PLUGIN}))
    monkeypatch.delitem(sys.modules, "edge_features", raising=False)
    registry = Registry("feature extractor", BUILT_IN, adopt_plugin, group="riptui.features")
    monkeypatch.setattr("riptui.features.registry.REGISTRY", registry)
    assert feature_extractor_names() == (*BUILT_IN, "means")
    check_extractor(load_extractor("means"))


def test_a_plugin_must_name_an_info() -> None:
    with pytest.raises(TypeError, match="must be an ExtractorInfo, not str"):
        adopt_plugin("means", "other")
    with pytest.raises(ValueError, match="module:factory"):
        adopt_plugin(ExtractorInfo("means", "The mean colour."), "other")


def test_a_model_in_a_folder_has_a_short_title() -> None:
    assert short_title("dinov2:/home/ann/models/base") == "dinov2:…/base"
    assert [short_title(name) for name in ("phash", "clip:org/name@1")] == ["phash", "clip:org/name@1"]
