import { bytes, instant, list, milliseconds, object, optional, text, texts } from './fields.ts'
import { delivery, error, retentionResult, step, stepOutcome } from './shapes.ts'

/** What a run has beside its steps, which the journal keeps one by one. */
export const runFields = {
  runId: text('its name in the journal'),
  site: text('the site'),
  outcome: stepOutcome(
    '`done`: all steps are, and nothing else went wrong; `failed`: all steps are; `interrupted`: it was stopped before its end; `partial`: anything else',
  ),
  beganAt: instant('when it began'),
  durationMs: milliseconds('how long it took'),
  healed: texts('left-overs of an earlier run that was killed'),
  errors: list(
    error,
    'what went wrong with the run itself, such as a journal that could not be written; such a run is not `done`',
  ),
  stoppedBy: optional(text('the signal that interrupted it, such as `SIGTERM`; absent when none did')),
  retention: optional(
    list(retentionResult, 'one for each component whose retention was due, which it is once a day; absent when none was'),
  ),
  kit: optional(
    object(
      {
        point: text('its snapshot'),
        addedBytes: bytes('what it added to the storage'),
        durationMs: milliseconds('how long it took'),
      },
      'the version of the recovery kit that the run left; absent when there is none',
    ),
  ),
  notices: optional(list(delivery, 'how each channel took what it was told of this run; absent when there was nothing to tell')),
}

export const backup = {
  run: object(
    {
      ...runFields,
      steps: list(
        step,
        'one for each component, in the order of the configuration; an interrupted run lacks those that it never began',
      ),
    },
    'the run',
  ),
}

export const backupDryRun = {
  site: text('the site'),
  steps: list(
    object({
      component: text('the component, or `recovery-kit`'),
      reason: text('which kind of backup is due, and why'),
      commands: texts('command lines for a POSIX shell, in their order'),
      secretFiles: texts('paths of files with lines `NAME=VALUE` that the commands need in their environment'),
    }),
    'one for each component, in the order of the configuration, and one for the recovery kit',
  ),
}
