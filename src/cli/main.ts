#!/usr/bin/env node
import { Outlet, processStreams } from './output/outlet.ts'
import { start } from './start.ts'

const [, , ...argv] = process.argv
void run()

async function run(): Promise<void> {
  process.exitCode = await start(argv, new Outlet(processStreams()))
}
