import { resolve } from 'node:path'

/** The options that every verb takes. */
export interface GlobalOptions {
  readonly config?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly yes?: boolean
}

export const usualConfigurationFile = '/etc/holdfast/holdfast.yaml'

export function configurationFile(options: GlobalOptions): string {
  return resolve(options.config ?? process.env['HOLDFAST_CONFIG'] ?? usualConfigurationFile)
}
