"""Does sharing a base station cost what physics says, and knowing less never help?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.link_to_system.channel_knowledge import ChannelKnowledge, memory
from gemel.network.link_to_system.multi_user import MultiUserArray, overlap
from gemel.network.link_to_system.type_two import kept_share
from gemel.scenarios.indoor_hall import (
    BASE_M,
    PORTS,
    SITES_M,
    USER_M,
    USERS_PER_POINT,
    _directions,
    _seen,
    antennas,
    codebook_fidelity,
    drop_users,
)
from gemel.scenarios.indoor_hotspot import (
    CODEBOOK_FIDELITY,
    PATH_LOSSES,
    IndoorHotspot,
    indoor_hotspot,
)

ARRAY = MultiUserArray(32.0, 4.0, 1.0)
SHARES = st.floats(0.0, 0.9)
RATIOS = st.floats(0.01, 100.0)


@jax.jit
def layer_sinr(interference, layers, overlap, unknown):
    return ARRAY.layer_sinr(
        jnp.asarray(interference),
        jnp.asarray(1e-3),
        jnp.asarray(layers),
        jnp.asarray(overlap),
        jnp.asarray(unknown),
    )


def test_rich_field_leaves_the_degrees_of_freedom_of_zero_forcing():
    """With an overlap of one over the ports, N - L + 1 of them gather."""
    for layers in (1.0, 4.0, 12.0):
        found = layer_sinr(1.0, layers, 1.0 / 32.0, 0.0)
        expected = (32.0 - layers + 1.0) * 2.0 / layers / 1.001
        assert float(found) == pytest.approx(expected, rel=1e-5)  # float32


@given(RATIOS, st.floats(1.0, 11.0), st.floats(0.01, 0.08), SHARES)
def test_everything_that_disturbs_costs_sinr(interference, layers, shared, unknown):
    alone = layer_sinr(interference, layers, shared, unknown)
    for worse in (
        (interference * 1.5, layers, shared, unknown),
        (interference, layers + 1.0, shared, unknown),
        (interference, layers, shared * 1.1, unknown),
        (interference, layers, shared, unknown + 0.05),
    ):
        assert layer_sinr(*worse) <= alone * (1 + 1e-5)  # float32


def test_memory_is_the_bessel_function_of_clarke():
    # J0(1) = 0.765198, J0(2.404826) = 0: Abramowitz and Stegun, tables 9.1 and 9.5
    at = [
        memory(jnp.asarray(x / (2 * np.pi)), jnp.asarray(1.0)) for x in (0, 1, 2.4048)
    ]
    assert [float(x) for x in at] == pytest.approx([1.0, 0.765198, 0.0], abs=2e-5)


@given(RATIOS, st.floats(0.0, 10.0), st.floats(0.1, 1.0))
def test_what_is_not_known_is_a_share_and_falls_with_all_that_helps(sinr, k, fidelity):
    def unknown(sinr=sinr, k=k, fidelity=fidelity, gain=8.0, age_s=5e-3):
        knowledge = ChannelKnowledge(fidelity, gain, age_s)
        return float(
            knowledge.unknown_share(
                jnp.asarray(sinr), jnp.asarray(k), jnp.asarray(11.0)
            )
        )

    here = unknown()
    assert 0.0 <= here <= 1.0
    for better in (
        unknown(sinr=2.0 * sinr),
        unknown(k=k + 1.0),
        unknown(fidelity=min(1.0, 1.1 * fidelity)),
        unknown(gain=16.0),
        unknown(age_s=1e-3),
    ):
        assert better <= here + 1e-6  # float32


def test_overlap_counts_the_directions_that_can_be_told_apart():
    same = jnp.eye(16, dtype=complex)
    beam = jnp.zeros((16, 16), complex).at[0, 0].set(1.0)
    other = jnp.zeros((16, 16), complex).at[1, 1].set(1.0)
    assert float(overlap(same, same)) == pytest.approx(1 / 32)  # 16 ports, two pol.
    assert float(overlap(beam, beam)) == pytest.approx(0.5)
    assert float(overlap(beam, other)) == 0.0


def test_a_report_keeps_all_of_a_beam_and_some_of_noise():
    row = jnp.asarray([1.0, 1.0j, -1.0, -1.0j])
    beam = jnp.stack([jnp.outer(row, row)] * 2)
    assert float(kept_share(beam)) == pytest.approx(1.0, abs=1e-5)  # float32
    keys = jax.random.split(jax.random.key(1), 200)
    noise = jax.vmap(lambda key: jax.random.normal(key, (2, 4, 4), complex))(keys)
    kept = jax.jit(jax.vmap(kept_share))(noise)
    # Four of sixteen orthogonal beams hold a quarter of noise at least.
    assert 0.25 < float(kept.mean()) < 0.75 and float(kept.max()) <= 1.0


@pytest.mark.parametrize("sectors", CODEBOOK_FIDELITY)
def test_fidelity_in_use_is_the_one_that_the_codebook_has(sectors):
    found = codebook_fidelity(sectors, jax.random.key(5), draws=500)
    # Two decimals are written down; 500 draws scatter by 0.005.
    assert float(found) == pytest.approx(CODEBOOK_FIDELITY[sectors], abs=0.02)


def rays_of_users(sectors: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes and port responses of the rays of users whom the first point of a site
    serves best, line of sight first; the power of a user is one."""
    set_up = antennas(sectors)
    site_m, k_factor = jnp.asarray([0.0, 0.0, BASE_M]), jnp.asarray(5.0)

    @jax.jit
    @jax.vmap
    def look(flat):
        directions, power = _directions(jnp.append(flat, USER_M), site_m, k_factor)

        def point(sector):
            turned = set_up.bearing_deg[sector], set_up.downtilt_deg[sector]
            gain, seen = jax.vmap(lambda way: _seen(set_up, *turned, *way))(directions)
            return gain * power, seen

        return jax.vmap(point)(jnp.arange(sectors))

    corner = jnp.asarray([[10.0, 12.5]])
    flat = jax.random.uniform(jax.random.key(1), (count, 2), minval=-1.0) * corner
    gain, seen = map(np.asarray, look(flat))
    served = gain.sum(axis=2).argmax(axis=1) == 0
    gain, seen = gain[served, 0], seen[served, 0]
    return np.sqrt(gain / gain.sum(axis=1, keepdims=True)), seen


def strongest_beams(amplitude, seen, rng) -> np.ndarray:
    """One fading channel of every user, four antennas to 32 ports, and of it the
    strongest eigen-channel. Scattered rays lose 10 dB into the other polarisation."""
    users, rays, ports = seen.shape
    arriving = np.exp(
        1j
        * np.pi
        * np.sin(rng.uniform(0, 2 * np.pi, (users, rays)))[..., None]
        * [0, 1]
    )
    channel = np.zeros((users, 4, 2 * ports), complex)
    for to, of in np.ndindex(2, 2):
        crossing = np.full(rays, 1.0 if to == of else 0.1**0.5)
        crossing[0] = float(to == of)
        phase = np.exp(2j * np.pi * rng.random((users, rays)))
        block = np.einsum(
            "ur,uri,urp->uip", amplitude * crossing * phase, arriving, seen
        )
        channel[:, 2 * to : 2 * to + 2, ports * of : ports * (of + 1)] = block
    _, strength, way = np.linalg.svd(channel, full_matrices=False)
    return strength[:, :1] * way[:, 0]


@pytest.mark.parametrize("sectors", [1, 3])
def test_mean_of_zero_forcing_over_explicit_channels_is_ours(sectors):
    rng = np.random.default_rng(3)
    amplitude, seen = rays_of_users(sectors, 80 * sectors)
    rays = amplitude[..., None] * seen
    covariance = jnp.asarray(np.einsum("urp,urq->upq", rays, rays.conj()))
    pairs = jax.vmap(jax.vmap(overlap, (None, 0)), (0, None))(covariance, covariance)
    users = len(covariance)
    shared = float((pairs.sum() - jnp.trace(pairs)) / (users * (users - 1)))
    for layers in (2, 4, 8):
        left = []
        for _ in range(60):
            beams = strongest_beams(amplitude, seen, rng)
            alone = (np.abs(beams) ** 2).sum(axis=1).mean()
            for group in rng.permutation(users)[: users // layers * layers].reshape(
                -1, layers
            ):
                gram = beams[group] @ beams[group].conj().T
                left.append(1.0 / np.linalg.inv(gram).diagonal().real / alone)
        # What an average over pairs misses of groups of eight: 5 % as found.
        assert np.mean(left) == pytest.approx(1 - (layers - 1) * shared, rel=0.07)


def test_every_user_of_the_hall_is_attached_to_its_strongest_point():
    placed = drop_users(1, PATH_LOSSES["A"](), jax.random.key(2))
    points = len(SITES_M)
    users = np.bincount(np.asarray(placed.point), minlength=points)
    assert users.sum() == USERS_PER_POINT * points
    assert (np.asarray(placed.neighbours) == users[placed.point] - 1).all()
    # The strongest of all points: the rest together are at most all the others.
    assert (placed.others < points - 1.0).all() and (placed.others > 0.0).all()
    assert ((placed.overlap > 0.0) & (placed.overlap <= 0.5)).all()
    assert float(placed.overlap.mean()) > 1.0 / PORTS, "a hall is no rich field"


def test_same_seed_same_hall_and_no_drops_no_answer():
    one, again = (indoor_hotspot(IndoorHotspot(), 1, 4) for _ in range(2))
    assert one == again
    assert indoor_hotspot(IndoorHotspot(), 1, 5) != one
    with pytest.raises(ScenarioError, match="0 drops"):
        indoor_hotspot(IndoorHotspot(), 0)
    with pytest.raises(ScenarioError, match="2 sectors"):
        IndoorHotspot(sectors=2)
