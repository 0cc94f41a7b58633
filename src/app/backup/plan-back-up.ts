import type { Command } from '../../domain/command.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import type { SnapshotRequest } from '../../engines/file-port.ts'
import { chooseBackupKind } from '../../policy/backup-kind.ts'
import { pinReason } from '../../policy/pin.ts'
import { selectComponents, type AppContext } from '../site/context.ts'
import { engineContext } from '../component/engine-context.ts'

export interface PlannedStep {
  readonly component: string
  readonly reason: string
  readonly commands: readonly Command[]
  /** Files of KEY=VALUE lines that the commands need in their environment. */
  readonly secretFiles: readonly string[]
}

const kitReason = 'what a bare machine needs to become this one'

/** What a backup would run now, without running it; the repository is only asked, for the kind of backup that is due. */
export async function planBackUp(context: AppContext, names: readonly string[], pin?: string): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = []
  const pinned = pin === undefined ? {} : { pin: pinReason(pin) }
  for (const component of [...selectComponents(context.site, names), context.kit]) {
    const { kind, reason, commands } = await planComponent(context, component, component === context.kit ? {} : pinned)
    const secretNames = new Set(commands.flatMap((command) => command.secretEnvironment))
    const files = new Set([...secretNames].map((name) => context.secretFileOf(name)).filter((file) => file !== undefined))
    planned.push({ component: component.name, reason: `${kind}: ${reason}`, commands, secretFiles: [...files] })
  }
  return planned
}

async function planComponent(context: AppContext, component: Component, pinned: SnapshotRequest) {
  const work = engineContext(context, component, () => undefined)
  if (!isDatabase(component)) {
    const reason = component === context.kit ? kitReason : 'a snapshot of its paths'
    return { kind: 'snapshot', reason, commands: await context.engineOf(component).backUpCommands(pinned, work) }
  }
  const engine = context.engineOf(component)
  const points = await engine.listPoints(work)
  const { kind, reason } = chooseBackupKind(points, component.source, context.clock.now(), context.site.timeZone)
  return { kind, reason, commands: await engine.backUpCommands({ kind, ...pinned }, work) }
}
