"""Dagster's folder, as several processes make it at the same time."""

import multiprocessing
import os

from fink_assets.settings import Settings
from resources.embedded.dagster_home import prepare


def opened(home, begin, answers):
    import dagster as dg

    begin.wait()
    with dg.DagsterInstance.from_config(str(prepare(Settings(home=home)))) as instance:
        answers.put((os.getpid(), instance.get_runs_count(), len(instance.all_instigator_state())))


def test_processes_that_start_together_on_a_new_folder_can_all_open_it(tmp_path):
    """Two processes that make Dagster's databases at once leave them with two schema versions."""
    context = multiprocessing.get_context("spawn")
    begin, answers = context.Barrier(2), context.Queue()
    processes = [context.Process(target=opened, args=(tmp_path, begin, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert {answers.get()[1:] for _ in processes} == {(0, 0)}
