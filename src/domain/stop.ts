import { HoldfastError, isHoldfastError } from './errors.ts'

/** Why work is stopped: what aborts it gives this as its reason. */
export const stoppedBy = (name: NodeJS.Signals): HoldfastError =>
  new HoldfastError('interrupted', `stopped by ${name}`, { cause: name })

/** Which signal stopped work, undefined when none did. */
export function stoppingSignal({ reason }: AbortSignal): string | undefined {
  return isHoldfastError(reason) && typeof reason.cause === 'string' ? reason.cause : undefined
}
