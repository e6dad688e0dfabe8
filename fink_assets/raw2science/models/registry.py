"""The models that science modules may name. A model's file never changes: add a version instead."""

from itertools import combinations

from fink_assets.packages import FINK_SCIENCE
from fink_assets.raw2science.models.model import Model

_DATA = "fink_science/data/models"
_NETWORKS = f"{_DATA}/snn_models"
_LIGHT_CURVE = ("FLUXCAL", "FLUXCALERR")


def _network_features(bands: str) -> tuple[str, ...]:
    """Flux and error by band, days since the step before, and which bands the step has."""
    sizes = range(1, len(bands) + 1)
    steps = sorted("".join(step) for size in sizes for step in combinations(bands, size))
    return (*(f"{name}_{band}" for name in _LIGHT_CURVE for band in bands), "delta_time", *steps)


def _inside(folder: str, sums: dict[str, str]) -> dict[str, str]:
    """Files of a folder of the package, each with its sha256."""
    return {f"{folder}/{name}": sha256 for name, sha256 in sums.items()}


SUPERNNOVA_ZTF_IA = Model(
    name="supernnova_ztf_ia",
    version="1.0.0",
    survey="ztf",
    doc=(
        "Type Ia against other supernovae: a recurrent network of SuperNNova (2 layers of LSTM in "
        "both directions, 32 units, mean over time), trained on simulated ZTF light curves in g "
        "and r by A. Möller."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        f"{_NETWORKS}/snn_snia_vs_nonia",
        {
            "model.pt": "28daec3d6e9abb825857e625eceef09e1fa20c1767fa1e6aea29b4595f96913b",
            "cli_args.json": "5a1664c69c5fa68d935d226fb704d6e626aeaeb1fb5c7705e5a571afdb13ddc6",
            "data_norm.json": "4a27700a985c6ff63f0916931bb9036003ce29a0259d96e947f49d20c0b933f7",
        },
    ),
    form="recurrent network",
    sha256="558e1522d7bab585811f85e1baaf063251c9047bf5f4128acab6c416b4441cfc",
    size=149642,
    licence="Apache-2.0",
    origin="https://doi.org/10.1093/mnras/stz3312",
    features=_network_features("gr"),
)

SUPERNNOVA_ZTF_SN = Model(
    name="supernnova_ztf_sn",
    version="1.0.0",
    survey="ztf",
    doc=(
        "Supernovae against other transients and variables: a recurrent network of SuperNNova (2 "
        "layers of LSTM in both directions, 32 units, mean over time), trained on simulated ZTF "
        "light curves in g and r by A. Möller."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        f"{_NETWORKS}/snn_sn_vs_all",
        {
            "model.pt": "809d28fa1a0a9267ffe5352bfb944fcbb08223687989a45e3b91067786578daf",
            "cli_args.json": "fea2f7add94f336fbda04b3e9b5292f3cdd59d10cdd5cec48aaed937631308f9",
            "data_norm.json": "e8b0d88d810af23df75525c69abbba29e9684d09bff6aedc0d8e13290bfa57cf",
        },
    ),
    form="recurrent network",
    sha256="a48af3740781b28680dac5db684b288de629066b227a40940c5bc8675d685bbd",
    size=149642,
    licence="Apache-2.0",
    origin="https://doi.org/10.1093/mnras/stz3312",
    features=_network_features("gr"),
)

SUPERNNOVA_LSST_SN = Model(
    name="supernnova_lsst_sn",
    version="1.0.0",
    survey="lsst",
    doc=(
        "Supernovae against other transients and variables: a recurrent network of SuperNNova (2 "
        "layers of LSTM in both directions, 32 units, mean over time), trained on the simulated "
        "LSST light curves of ELAsTiCC, without metadata, by A. Möller and others. Simulated "
        "light curves are not real ones: scores are not calibrated."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        f"{_NETWORKS}/elasticc_binary_broad/SN_vs_other",
        {
            "model.pt": "5dea4c31ae3d9a20682ce610f5363d89d8ae007e446ac642bd324304f67c2553",
            "cli_args.json": "5dda4391d29af71248f1495a30b745944b0cba54650e5ad15bdcb2d30967a038",
            "data_norm.json": "24fa33d1c5ae45466005bd425c697193bcf20c5a7ab0e541047ff06ce35829cf",
        },
    ),
    form="recurrent network",
    sha256="536a14196d93810dbe93678387663ca64ee545049bba0894c810ccc66231d295",
    size=222730,
    licence="Apache-2.0",
    origin="https://arxiv.org/abs/2404.08798",
    features=_network_features("ugrizY"),
)

EARLY_SNIA_ZTF = Model(
    name="early_snia_ztf",
    version="1.0.1",
    survey="ztf",
    doc=(
        "Early type Ia supernovae against all else: a random forest of 1000 trees on a sigmoid "
        "fitted to the rise in g and in r, trained by active learning on real ZTF alerts by "
        "M. Leoni and others."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        _DATA,
        {
            "default-model_sigmoid.obj": (
                "a3aa6d8c6259db80f2036108aa80e6f99026adee2bc9843618776e9ed89e9074"
            ),
        },
    ),
    form="forest",
    sha256="1af86a765a58483341a6087a3a14bd1c434b520b1928e1311aef62692eefe993",
    size=1995934,
    licence="Apache-2.0",
    origin="https://doi.org/10.1051/0004-6361/202142715",
    features=tuple(
        f"{name}_{band}" for band in "gr" for name in ("a", "b", "c", "snratio", "mse", "nrise")
    ),
)

ANOMALY_ZTF = Model(
    name="anomaly_ztf",
    version="1.0.0",
    survey="ztf",
    doc=(
        "Unusual light curves: two isolation forests of 150 trees on 18 features of a light curve, "
        "one for each of g and r, whose leaves were weighted by active anomaly discovery (AAD) on "
        "what experts said of real ZTF objects, by the anomaly detection group of Fink and SNAD, "
        "as of March 2025. The files that are named after g and r are each for the other band."
    ),
    owners=("team:anomalies",),
    package=FINK_SCIENCE,
    sources=_inside(
        f"{_DATA}/anomaly_detection",
        {
            "anomaly_detection_forest_AAD.zip": (
                "d85ebeaeb1722bcbd8e38aab17d2abc83d4b1b7e5182fbaedc9c992ae1208525"
            ),
        },
    ),
    form="forest of each band",
    sha256="956fddad7617e02f80fcc2d334dacc496629779e806d386d26113f52527c6821",
    size=5521410,
    licence="Apache-2.0",
    origin="https://doi.org/10.1051/0004-6361/202245172",
    features=(
        *("amplitude", "anderson_darling_normal", "beyond_1_std", "chi2", "cusum", "kurtosis"),
        *("linear_fit_slope", "linear_fit_slope_sigma", "linear_trend_noise"),
        *("linear_trend_sigma", "magnitude_percentage_ratio_20_10"),
        *("magnitude_percentage_ratio_40_5", "maximum_slope", "median"),
        *("median_absolute_deviation", "median_buffer_range_percentage_10", "skew", "stetson_K"),
    ),
)

CATS_LSST = Model(
    name="cats_lsst",
    version="1.0.0",
    survey="lsst",
    doc=(
        "Five broad classes (like supernovae, fast, long, periodic, AGN): a network of "
        "convolutions with squeeze and excitation beside two layers of LSTM in both directions, "
        "trained on the simulated LSST light curves of ELAsTiCC, without metadata, by A. Santos, "
        "B. Fraga and C. de Bom. Simulated light curves are not real ones: scores are not "
        "calibrated."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        f"{_DATA}/cats_models",
        {
            "cats_small_nometa_serial.keras": (
                "e51239df82470ba12f814fef16d521b2e11c3f27d975d8511427a7302b439c8f"
            ),
        },
    ),
    form="convolutional recurrent network",
    sha256="2a31a3a82231032c5660e54767602de66aa9339a8413a799593719f9e142dee7",
    size=2080454,
    licence="Apache-2.0",
    origin="https://arxiv.org/abs/2404.08798",
    features=("time", "flux", "flux_error", "band"),
)

EARLY_SNIA_LSST = Model(
    name="early_snia_lsst",
    version="1.0.0",
    survey="lsst",
    doc=(
        "Early type Ia supernovae against all else: a random forest of 50 trees on a black body "
        "fitted to the rise in all bands, trained on the simulated LSST alerts of ELAsTiCC, "
        "without metadata, as B. Fraga and others describe. Simulated light curves are not real "
        "ones: scores are not calibrated."
    ),
    owners=("team:transients",),
    package=FINK_SCIENCE,
    sources=_inside(
        _DATA,
        {
            "elasticc_rainbow_earlyIa_nometa.pkl": (
                "4d47d168439da516d6f0cb86dad05d76bf1891a6eed9664494ad9d3758b851ad"
            ),
        },
    ),
    form="forest",
    sha256="ea35eebea220c321502134d694a5075c03d7df4c87fb5d5f0119d7fe3f95501c",
    size=2448806,
    licence="Apache-2.0",
    origin="https://arxiv.org/abs/2404.08798",
    features=(
        *("n_points", "amplitude", "rise_time", "Tmin", "Tmax", "t_color"),
        *("reduced_chi2", "lc_max"),
    ),
)

MODELS: tuple[Model, ...] = (
    SUPERNNOVA_ZTF_IA,
    SUPERNNOVA_ZTF_SN,
    SUPERNNOVA_LSST_SN,
    EARLY_SNIA_ZTF,
    ANOMALY_ZTF,
    CATS_LSST,
    EARLY_SNIA_LSST,
)
