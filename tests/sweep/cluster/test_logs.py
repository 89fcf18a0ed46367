from brainseg.sweep.cluster.logs import Logs


def test_each_part_is_given_once_in_order():
    logs = Logs()
    logs.add("dice", "epoch 1/2\n")
    logs.add("bce", "epoch 1/2\n")
    logs.add("dice", "epoch 2/2\n")
    assert logs.take() == [("dice", "epoch 1/2\n"), ("bce", "epoch 1/2\n"), ("dice", "epoch 2/2\n")]
    assert logs.take() == []
