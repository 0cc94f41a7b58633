import { execFileSync } from 'node:child_process'

/** The command line is tested as it is shipped: bundled, from the sources as they are now. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
}
