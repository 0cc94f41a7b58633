import { defined } from '../domain/defined.ts'
import { stringify } from 'yaml'

/** What a new configuration is made from. */
export interface Draft {
  readonly site: string
  readonly timeZone: string
  readonly storage: DraftStorage
  /** In the order of the run. */
  readonly components: readonly DraftComponent[]
  /** Whether failures are told on Discord. */
  readonly discord?: boolean
}

export type DraftStorage =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly region: string | undefined
      readonly endpoint: string | undefined
      readonly caFile: string | undefined
    }

export type DraftComponent =
  | { readonly kind: 'postgres'; readonly name: string; readonly dataDirectory: string }
  | { readonly kind: 'postgres-container'; readonly name: string; readonly container: string }
  | { readonly kind: 'files'; readonly name: string; readonly paths: readonly string[] }

/** Text of a new holdfast.yaml: what was asked for, the policy that most people want, and a word about each part. */
export function draftText({ site, timeZone, storage, components, discord = false }: Draft): string {
  const place =
    storage.kind === 'directory'
      ? { directory: storage.path }
      : {
          s3: {
            bucket: storage.bucket,
            ...defined({ region: storage.region, endpoint: storage.endpoint, caFile: storage.caFile }),
          },
        }
  const sources = components.map((component) => [component.name, sourceOf(component)])
  return [
    '# Written by holdfast init. Every key is described in docs/configuration.md; check changes with: holdfast config check',
    block({ site, timezone: timeZone }),
    '# Where the repositories lie. Everything of this site goes below <storage>/<site>/<component>.',
    block({ storage: place }),
    '# Folder of restic.key and aws.env, beside this file. Never in git.',
    block({ secrets: 'secrets' }),
    '# How much may be lost, and how long it may take to be back.',
    block({ objectives: { rpo: '30m', rto: '2h' } }),
    block({ retention: { daily: 30, monthly: 'forever' } }),
    ...(discord
      ? ['# Who is told when something fails. The address of the webhook is in discord.env.', block({ notify: { discord: {} } })]
      : []),
    '# What is protected, in the order in which it is backed up.',
    block({ components: Object.fromEntries(sources) as object }),
  ].join('\n')
}

function sourceOf(component: DraftComponent): object {
  switch (component.kind) {
    case 'postgres':
      return { postgres: { dataDirectory: component.dataDirectory } }
    case 'postgres-container':
      return { postgres: { container: component.container } }
    case 'files':
      return { files: { paths: component.paths } }
  }
}

const block = (content: object): string => stringify(content, { lineWidth: 0 })
