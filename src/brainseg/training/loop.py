"""The training loop."""

import time
from collections.abc import Callable, Iterable

import numpy as np
import torch

from brainseg.archs.shared.supervision import supervised_loss
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE
from brainseg.core.progress import ends_in, print_line, progress
from brainseg.device import autocast, nondeterministic_operations
from brainseg.training.augmentation import augment
from brainseg.training.checkpoint import Checkpoint
from brainseg.training.ema import averaged
from brainseg.training.intensity import change_intensity
from brainseg.training.learning_rate import lr_scheduler
from brainseg.training.loss_context import Loss, bind_context
from brainseg.training.paste import paste_lesions
from brainseg.training.processes import ALONE, Processes
from brainseg.training.recipe import Recipe
from brainseg.training.sampling import draw, slice_weights
from brainseg.training.share import Share
from brainseg.training.slices import Slices
from brainseg.training.state import Trained, TrainingState
from brainseg.training.validation import mean_scores, validate


def train(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    training: Slices,
    validation: Slices,
    checkpoint: Checkpoint,
    after_epoch: Callable[[torch.nn.Module, dict[str, float | None]], None],
    processes: Processes = ALONE,
) -> Trained:
    """Train for `recipe.settings.epochs` epochs; an epoch draws as many slices as there are.

    The training loss may include more than the network's output, see supervision.py. The validation loss is that of
    the output only. With `ema_decay` the averaged network is validated and written. The network is validated every
    `validate_every` epochs and after the last one; the validation figures of other epochs are None. The best epoch is
    the validated one with the highest mean validation DSC, as in the report. After each epoch the state is written to
    `checkpoint`. If `checkpoint` already holds a state of this training, training resumes from it and reaches the same
    result. Of several processes each computes its share of every batch; the first one writes the state and calls
    `after_epoch`. Their results are equal.
    Raises UserError if a batch is larger than the data or cannot be shared, or the loss is no longer finite.
    """
    settings = recipe.settings
    if settings.batch_size > len(training):
        raise UserError(
            f"{PARAMS_FILE}: train.batch_size is {settings.batch_size}; expected at most the {len(training)} slices"
        )
    share = Share(settings.batch_size, processes.rows(settings.batch_size))
    weights, lesion_share = slice_weights(training, recipe.sampling), training.lesion_share
    steps_per_epoch = len(training) // settings.batch_size
    steps, warmup_steps = settings.epochs * steps_per_epoch, settings.warmup_epochs * steps_per_epoch
    scheduler = lr_scheduler(optimizer, recipe.schedule, steps, warmup_steps)
    ema = averaged(network, settings.ema_decay) if settings.ema_decay else None
    state = TrainingState(network, optimizer, scheduler, ema, steps_per_epoch=steps_per_epoch)
    checkpoint.restore(state)
    trained = state.trained
    if processes.same(len(trained.history)) != len(trained.history):
        raise UserError(f"{checkpoint.path}: the processes read different states; delete it to start anew")
    forward = processes.set_up(torch.compile(network) if settings.compile else network)
    for epoch in range(len(trained.history) + 1, settings.epochs + 1):
        start = time.perf_counter()
        # each epoch's random numbers depend only on the seed and the epoch's number
        epoch_seed = int(np.random.SeedSequence([recipe.seed, epoch]).generate_state(1)[0])
        torch.manual_seed(epoch_seed + processes.rank)  # for dropout, which differs between shares
        generator = torch.Generator().manual_seed(epoch_seed)
        batches = draw(weights, settings.batch_size, generator)
        done = (epoch - 1) / max(settings.epochs - 1, 1)
        bound_loss = bind_context(recipe.loss, progress=done, lesion_share=lesion_share)
        with nondeterministic_operations() as operations:
            end = ends_in(trained.epoch_seconds, settings.epochs - epoch + 1)
            bar = progress(batches, f"epoch {epoch}/{settings.epochs}{end}")
            total = train_epoch(state, forward, recipe, bound_loss, training, bar, generator, share, processes)
            train_loss = total / len(batches)
            trained.train_seconds += time.perf_counter() - start
            trained.train_slices += batches.numel()
            validation_loss, rows = None, []
            if epoch % settings.validate_every == 0 or epoch == settings.epochs:
                validation_loss, rows = validate(
                    state.eval_network, bound_loss, validation, settings.batch_size, settings.precision, processes
                )
        trained.nondeterministic = sorted({*trained.nondeterministic, *operations})
        for value in (train_loss, validation_loss):
            if value is not None and not np.isfinite(value):
                raise UserError(f"the loss became {value} in epoch {epoch}; try a lower learning rate")
        scores = {f"validation_{name}": value for name, value in mean_scores(rows).items()}
        row = {"epoch": epoch, "train_loss": train_loss, "validation_loss": validation_loss, **scores}
        trained.history.append(row)
        if rows and (not trained.best_epoch or row["validation_dsc"] > trained.best_row["validation_dsc"]):
            trained.best_epoch, trained.best_state = epoch, state.copy_weights()
        trained.per_patient += [{"epoch": epoch, **patient} for patient in rows]
        seconds = time.perf_counter() - start
        trained.epoch_seconds.append(seconds)
        if processes.is_first:
            # also without validation: in training mode a picture would change the statistics of batch norm
            after_epoch(state.eval_network.eval(), row)
            checkpoint.write(state.state_dict())
        figures = f"  validation loss {validation_loss:.4f}  validation DSC {row['validation_dsc']:.4f}" if rows else ""
        print_line(f"epoch {epoch:3d}/{settings.epochs}  train loss {train_loss:.4f}{figures}  {seconds:.1f} s")
    trained.last_state = state.copy_weights()
    return trained


def train_epoch(
    state: TrainingState,
    forward: Callable[[torch.Tensor], torch.Tensor],
    recipe: Recipe,
    loss: Loss,
    slices: Slices,
    batches: Iterable[torch.Tensor],
    generator: torch.Generator,
    share: Share,
    processes: Processes = ALONE,
) -> float:
    """One step for each of the batches, (batch_size,) int64 indices of slices; the sum of their losses.

    forward: the network, or its form that is compiled or joined with other processes
    share: what this process computes of a batch
    """
    state.network.train()
    total = torch.zeros((), device=slices.device)
    pasting = recipe.augmentation.paste_lesion
    own = (own_slices(index, share, bool(pasting)).to(total.device, non_blocking=True) for index in batches)
    for images, masks in slices.batches(own):
        if pasting:
            donors, images, masks = (images[:-1], masks[:-1]), images[1:], masks[1:]
            images, masks = paste_lesions(images, masks, *donors, pasting, generator, share)
        images, masks = augment(images, masks, recipe.augmentation, generator, share)
        images = change_intensity(images, recipe.intensity, slices.input_settings, generator, share)
        with autocast(total.device, recipe.settings.precision):
            output = forward(images)
        batch_loss = supervised_loss(processes.gather_output(output), processes.gather(masks), loss)
        state.optimizer.zero_grad(set_to_none=True)
        processes.backward(batch_loss)
        if recipe.settings.clip_norm:
            torch.nn.utils.clip_grad_norm_(state.network.parameters(), recipe.settings.clip_norm)
        state.optimizer.step()
        state.scheduler.step()
        if state.ema:
            state.ema.update_parameters(state.network)
        total += batch_loss.detach()  # stays on the device: reading it would stall the queue
    return total.item()


def own_slices(index: torch.Tensor, share: Share, with_donor: bool) -> torch.Tensor:
    """The share's slices of a batch of slices `index`; with_donor puts the slice before them in front.

    The slice before each one is then its donor. The last slice of the batch is the donor of the first one, so the
    donors are the same however the batch is shared.
    """
    own = index[share.rows]
    return torch.cat([index.roll(1)[share.rows][:1], own]) if with_donor else own
