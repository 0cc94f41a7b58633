import type { Reporter, TestModule } from 'vitest/node'

/** The last line of a run, in one form that any reader of logs understands: `holdfast: 12 passed, 0 failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed += 1
        else if (state === 'failed') counts.failed += 1
        else counts.skipped += 1
      }
    }
    // A skipped test would be a promise that nobody looked at: it fails the run.
    if (counts.skipped > 0) process.exitCode = 1
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    process.on('exit', () => process.stdout.write(`\nTests: ${counts.passed} passed, ${counts.failed} failed${skipped}\n`))
  }
}
