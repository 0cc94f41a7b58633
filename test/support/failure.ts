import { isHoldfastError, type HoldfastError } from '../../src/domain/errors.ts'

/** The error that some work ends with. Work that succeeds, or fails with anything else, fails the test. */
export async function failureOf(work: () => unknown): Promise<HoldfastError> {
  try {
    await work()
  } catch (error) {
    if (isHoldfastError(error)) return error
    throw error
  }
  throw new Error('this was expected to fail, and succeeded')
}
