import type * as z from 'zod/mini'
import { backup, backupDryRun } from './backup.ts'
import { difference, found, history, listing } from './browse.ts'
import { configCheck, configShow, demo, init, runbook } from './config.ts'
import { always, object, oneOf, type Printable, type Written } from './fields.ts'
import { alert, notify, webhook } from './notices.ts'
import { points, pointsPin } from './points.ts'
import {
  drillReport,
  recoveryPlanned,
  recoveryReport,
  restore,
  restorePlanned,
  restoreStopped,
  restoreUndone,
} from './restore.ts'
import { keptPoint, removedPoint, retentionApply, retentionPlan } from './retention.ts'
import { scheduleApply, scheduleCrontab, schedulePlan, setupApply, setupPlan } from './setup.ts'
import * as shapes from './shapes.ts'
import { statusReport, watchReport } from './status.ts'

/** Version of all JSON documents; docs/json-output.md says what may change within one. */
const schemaVersion = always(1, 'the version of this contract')

const document = <const Fields extends z.core.$ZodLooseShape>(fields: Fields) => object({ schemaVersion, ...fields })

/** What `--json` prints, by the verb that prints it. */
export const documents = {
  backup: document(backup),
  'backup --dry-run': document(backupDryRun),
  points: document(points),
  'points pin': document(pointsPin),
  'points unpin': document(pointsPin),
  'browse list': document({ listing }),
  'browse find': document({ found }),
  'browse versions': document({ history }),
  'browse diff': document({ difference }),
  restore: oneOf([document(restore), document(restoreStopped), document(restoreUndone)]),
  'restore --dry-run': document(restorePlanned),
  drill: document({ drill: drillReport }),
  recover: document({ recover: recoveryReport }),
  'recover --dry-run': document(recoveryPlanned),
  status: document({ status: statusReport }),
  watch: document({ watch: watchReport }),
  'retention plan': document(retentionPlan),
  'retention apply': document(retentionApply),
  'setup plan': document(setupPlan),
  'setup apply': document(setupApply),
  'schedule plan': oneOf([document(schedulePlan), document(scheduleCrontab)]),
  'schedule apply': document(scheduleApply),
  'schedule remove': document(scheduleApply),
  alert: document(alert),
  notify: document(notify),
  runbook: document(runbook),
  'config check': document(configCheck),
  'config show': document(configShow),
  init: document(init),
  demo: document(demo),
  errors: document({ error: shapes.endingError }),
}

/** What a channel of the kind `webhook` is sent. */
export const webhookDocument = document(webhook)

/** Shapes with a section of their own, in the order of the page. */
export const sharedShapes = [
  ...[shapes.step, shapes.restorePoint, shapes.recoveryWindow, shapes.unreachableWal, keptPoint, removedPoint],
  ...[shapes.retentionResult, shapes.planItem, shapes.check, shapes.price, shapes.delivery, shapes.error],
]

export type Verb = keyof typeof documents

export type WrittenDocument<Name extends Verb> = Written<(typeof documents)[Name]>

type Content<Document> = Document extends unknown ? Omit<Document, 'schemaVersion'> : never

/** Everything that `--json` prints, before its version and the instants are written. */
export type PrintedDocument = Content<Printable<(typeof documents)[Verb]>>
