import { resolve } from 'node:path'
import type { AlertContext } from '../app/notify/alert.ts'
import { toldOfUnbegunRun } from '../app/evidence/notice-state.ts'
import type { ScheduleContext } from '../app/timers/schedule.ts'
import { isDatabase, type DatabaseContainer, type Site } from '../domain/site.ts'
import { clientEnvironment } from '../places/container-client.ts'
import { createLocalPlace } from '../places/local.ts'
import type { Place } from '../places/place.ts'
import type { Scheduler } from '../schedule/port.ts'
import { createScheduler } from '../schedule/scheduler.ts'
import { composeSite } from './compose.ts'
import { stopSignal } from './stop-signal.ts'
import type { GlobalOptions } from './options.ts'
import { composeNotifier } from './notices.ts'
import { cacheRoot, lastKnownSite, runtimeRoot, stateRoot, viewOf } from './view.ts'

/** What schedule needs: neither secrets nor engines, so that it can be planned on a machine that isn't set up yet. */
export async function composeSchedule(options: GlobalOptions): Promise<ScheduleContext> {
  const site = await composeSite(options)
  return { ...viewOf(site), scheduler: schedulerFor(site) }
}

/**
 * What an alert needs. A configuration that can't be read any more may be the very reason for it, and then the one that was
 * understood last says whom to tell.
 */
export async function composeAlert(options: GlobalOptions): Promise<AlertContext> {
  const site = await composeSite(options).catch((error: unknown) => {
    const known = lastKnownSite(options)
    if (known === undefined) throw error
    return known
  })
  const view = viewOf(site)
  return {
    ...view,
    scheduler: schedulerFor(site),
    notifier: composeNotifier(view),
    hasToldSince: (since) => toldOfUnbegunRun(view, since),
  }
}

const usesContainers = ({ components }: Site): boolean =>
  components.some((component) => isDatabase(component) && component.source.container !== undefined)

/** Which server of containers a person means, a unit does not know. The folder of a session is gone with it. */
function clientOfUnits(): Record<string, string> {
  const { XDG_RUNTIME_DIR: _ofSession, ...client } = clientEnvironment(process.env)
  return client
}

/** Which of two runtimes knows a container, only it can tell, and a container may come and go: so either is counted in. */
const mayUsePodman = (container: DatabaseContainer | undefined, place: Place): boolean =>
  container !== undefined &&
  (container.runtime === 'podman' || (container.runtime === undefined && place.find('podman') !== undefined))

function schedulerFor(site: Site): Scheduler {
  const place = createLocalPlace()
  const moved = ['HOLDFAST_STATE_DIR', 'HOLDFAST_CACHE_DIR', 'HOLDFAST_RUNTIME_DIR'] as const
  return createScheduler({
    installation: {
      site: site.name,
      configuration: site.file,
      node: process.execPath,
      script: resolve(process.argv[1] ?? ''),
      environment: {
        ...Object.fromEntries(
          moved.flatMap((name) => (process.env[name] === undefined ? [] : [[name, resolve(process.env[name])]])),
        ),
        ...(usesContainers(site) ? clientOfUnits() : {}),
      },
      state: stateRoot(),
      cache: cacheRoot(),
      runtime: runtimeRoot(),
      storage: site.storage.kind === 'directory' ? site.storage.path : undefined,
      usesPodman: site.components.some((component) => isDatabase(component) && mayUsePodman(component.source.container, place)),
      inhibit: place.find('systemd-inhibit'),
      waitForClock: ['/usr/lib/systemd', '/lib/systemd']
        .map((folder) => place.find(`${folder}/systemd-time-wait-sync`))
        .find((path) => path !== undefined),
    },
    folder: resolve(process.env['HOLDFAST_UNIT_DIR'] ?? '/etc/systemd/system'),
    place,
    signal: stopSignal(),
  })
}
