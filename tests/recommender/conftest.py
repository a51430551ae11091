import pytest


@pytest.fixture(scope="session")
def one_thread():
    """Threads that wait for each other cost more than models this small take, many times so on a busy machine; and
    with one thread two trainings agree to the last bit."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)
