import { createRedactor } from '../../places/redaction.ts'
import type { Outlet } from './outlet.ts'

/**
 * From now on, whatever this process prints shows none of these secrets. Engines' words are redacted where they come from; a
 * path or a line of the configuration that holds one comes from nowhere in particular.
 */
export function hideSecrets(outlet: Outlet, secrets: readonly string[]): void {
  for (const secret of secrets) outlet.secrets.add(secret)
  outlet.redact = createRedactor([...outlet.secrets])
}
