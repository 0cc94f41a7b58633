import type { SiteView } from '../app/site/context.ts'
import type { Notifier } from '../app/site/notifier.ts'
import { createNotifier, type OpenChannels } from '../app/notify/tell-people.ts'
import { loadAddresses, secretsOfAddress, type Addressed } from '../config/addresses.ts'
import { loadSecrets } from '../config/secrets.ts'
import { channelName, type Delivery } from '../domain/notice.ts'
import type { Site } from '../domain/site.ts'
import { createLocalPlace } from '../places/local.ts'
import { createRedactor } from '../places/redaction.ts'
import { usualConfigurationFile, type GlobalOptions } from './options.ts'
import { version } from './version.ts'
import { lastKnownSite, viewOf } from './view.ts'

/**
 * Whoever tells people of a site. It costs next to nothing until there is something to send: secrets, addresses and the network
 * are loaded then.
 *
 * @param known secrets and addresses, where they have been loaded already
 */
export function composeNotifier(
  view: SiteView,
  known?: { readonly secrets: readonly string[]; readonly addressed: readonly Addressed[] },
): Notifier {
  const { site } = view
  return createNotifier({
    view,
    place: createLocalPlace(),
    configuration: site.file === usualConfigurationFile ? undefined : site.file,
    unusable: (known?.addressed ?? []).flatMap(({ settings, error }): Delivery[] =>
      error === undefined ? [] : [{ channel: channelName(settings), outcome: 'given-up', reason: error.message }],
    ),
    open: async () => openChannels(known?.addressed ?? (await addressesOf(site)), known?.secrets ?? (await secretsIn(site))),
  })
}

/** Whom a configuration that can't be read any more named when it last could. */
export function lastKnownNotifier(
  options: GlobalOptions,
): (Pick<SiteView, 'clock'> & { readonly notifier: Notifier }) | undefined {
  const site = lastKnownSite(options)
  if (site === undefined) return undefined
  const view = viewOf(site)
  return { clock: view.clock, notifier: composeNotifier(view) }
}

export const addressesOf = (site: Site): Promise<Addressed[]> =>
  loadAddresses({ channels: site.notify, directory: site.secretsDirectory, place: createLocalPlace() })

/** What must not be seen of the addresses. */
export const secretsOfAddresses = (addressed: readonly Addressed[]): string[] =>
  addressed.flatMap(({ address }) => (address === undefined ? [] : secretsOfAddress(address)))

async function openChannels(addressed: readonly Addressed[], secrets: readonly string[]): Promise<OpenChannels> {
  const { createChannel, unusableChannel } = await import('../notices/channels.ts')
  return {
    channels: addressed.map(({ settings, address, error }) =>
      address === undefined
        ? unusableChannel(settings, error?.message ?? 'it has no address')
        : createChannel(settings, address, version),
    ),
    redact: createRedactor([...secrets, ...secretsOfAddresses(addressed)]),
  }
}

/** Secrets that this process can't read stand in none of its texts. */
async function secretsIn(site: Site): Promise<readonly string[]> {
  try {
    const needsS3 = site.storage.kind === 's3'
    return (await loadSecrets({ directory: site.secretsDirectory, needsS3, place: createLocalPlace() })).all
  } catch {
    return []
  }
}
