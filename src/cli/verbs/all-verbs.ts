import { backup, points, retention } from './back-up.ts'
import { browse, drill, recover, restore } from './bring-back.ts'
import { config, demo, init, setup } from './set-up.ts'
import type { Verb } from './verb.ts'
import { alert, notify, runbook, schedule, status, watch } from './watch-over.ts'

/** All verbs, in the order in which `--help` lists them. */
export const allVerbs: readonly Verb[] = [
  ...[init, setup, backup, points, browse, restore, drill, retention],
  ...[schedule, alert, recover, status, watch, notify, runbook, config, demo],
]
