"""pytest: a marker that makes a test of each promise of a part. In `conftest.py`:

    pytest_plugins = ["kerasparts.testing.plugin"]

and in a test module:

@pytest.mark.promises(part=MyLayer, units=3)
def test_my_layer_is_a_good_part(promise):
    promise()
"""


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "promises(part, inputs, without, **kwargs): one test for each promise of the part"
    )


def pytest_generate_tests(metafunc):
    marker = metafunc.definition.get_closest_marker("promises")
    if marker and "promise" in metafunc.fixturenames:
        from kerasparts.testing import promises_of  # Keras is slow to import, and most tests do without

        metafunc.parametrize("promise", promises_of(**marker.kwargs), ids=str)
