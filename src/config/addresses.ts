import { HoldfastError, toHoldfastError } from '../domain/errors.ts'
import { channelName, type ChannelSettings } from '../domain/notice.ts'
import type { Place } from '../places/place.ts'
import { locateFile, parseEnvironmentFile, readSecretFile, refuseTracked } from './secrets.ts'

/** Where the addresses of each kind of channel stand: a file of the secrets folder, and the variable of the only channel. */
const homes = {
  discord: { file: 'discord.env', variable: 'DISCORD_WEBHOOK_URL' },
  webhook: { file: 'webhook.env', variable: 'WEBHOOK_URL' },
  ping: { file: 'ping.env', variable: 'PING_URL' },
} as const satisfies Record<ChannelSettings['kind'], { file: string; variable: string }>

/** A channel with its address, or with the reason why it has none. */
export interface Addressed {
  readonly settings: ChannelSettings
  readonly address: URL | undefined
  readonly error?: HoldfastError
}

/**
 * Finds the address of every channel, in the places and with the care that all secrets get. Never throws: a channel without a
 * good address is one that can't be used, and no reason not to back up.
 */
export async function loadAddresses(options: {
  readonly channels: readonly ChannelSettings[]
  readonly directory: string
  readonly place: Place
  readonly environment?: NodeJS.ProcessEnv
}): Promise<Addressed[]> {
  const { channels, directory, place, environment = process.env } = options
  const addressed: Addressed[] = []
  for (const settings of channels) {
    try {
      const isAlone = channels.filter(({ kind }) => kind === settings.kind).length === 1
      addressed.push({ settings, address: await findAddress(settings, isAlone, { directory, place, environment }) })
    } catch (error) {
      addressed.push({ settings, address: undefined, error: toHoldfastError(error) })
    }
  }
  return addressed
}

/** What must not be seen of an address: all of it, and the parts by which it could be put together. */
export function secretsOfAddress(address: URL): string[] {
  const segments = address.pathname.split('/')
  const path = [address.pathname + address.search, segments.at(-1), segments.slice(-2).join('/')]
  const parts = [address.href, ...path, address.password, ...address.searchParams.values()]
  return parts.filter((part): part is string => part !== undefined && part.length >= shortestPart)
}

/** Shorter ones are words of everybody's paths, such as `/notify`. */
const shortestPart = 12

async function findAddress(
  settings: ChannelSettings,
  isAlone: boolean,
  where: { readonly directory: string; readonly place: Place; readonly environment: NodeJS.ProcessEnv },
): Promise<URL> {
  const { file: name, variable } = homes[settings.kind]
  const own = settings.name === undefined ? [] : [`${variable}_${settings.name.toUpperCase().replaceAll('-', '_')}`]
  const names = isAlone ? [...own, variable] : own
  const file = locateFile(name, where.directory, where.environment)
  const variables = file === undefined ? where.environment : parseEnvironmentFile(file, readSecretFile(file, where.environment))
  const text = names.map((one) => variables[one]).find((value) => value)
  const remedy = `write ${names[0]}=https://… into ${where.directory}/${name}, mode 0600`
  if (text === undefined) {
    const found = file === undefined ? 'nowhere to be found' : `missing or empty in ${file}`
    throw new HoldfastError('secret', `the address of ${channelName(settings)}, ${names[0]}, is ${found}`, { hint: remedy })
  }
  if (file !== undefined) await refuseTracked(file, where.place)
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (address === undefined || !isSafe(address)) {
    // The address itself is never shown.
    throw new HoldfastError(
      'secret',
      `the address of ${channelName(settings)}, ${names[0]}, is not one that begins with https://`,
      {
        hint: remedy,
      },
    )
  }
  return address
}

/** What is sent without TLS must not leave the machine. */
const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
