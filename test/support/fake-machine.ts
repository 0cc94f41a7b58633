import type { Boot, Kernel } from '../../src/machine/port.ts'

/** A kernel that was started ninety days ago, unless told otherwise. */
export const fakeKernel = (boot: Partial<Boot> = {}): Kernel => ({
  boot: () => ({ id: 'first-boot', uptimeMs: 90 * 86_400_000, ...boot }),
})
