import { describe, expect, test } from 'vitest'
import type { FoundContainer } from '../sources/postgres/container/discovery.ts'
import type { FoundCluster } from '../sources/postgres/discovery.ts'
import { offerDatabases } from './init-offers.ts'

const container = (name: string): FoundContainer => ({
  runtime: 'docker',
  name,
  image: 'postgis/postgis:15-3.3',
  majorVersion: '15',
  dataDirectory: '/var/lib/postgresql/data',
  mount: { kind: 'volume', volume: 'app_data', source: '/x', target: '/var/lib/postgresql/data', writable: true },
  archives: false,
  compose: { project: 'app', service: 'db', folder: '/srv/app', files: [], environmentFiles: [] },
})
const cluster: FoundCluster = { dataDirectory: '/var/lib/postgresql/15/main', majorVersion: '15', running: true }

const names = (clusters: FoundCluster[], containers: FoundContainer[]): string[] =>
  offerDatabases(clusters, containers).map(({ component }) => component.name)

describe('databases that init found', () => {
  test('an only one is called database', () => {
    expect(names([], [container('My_DB.1')])).toEqual(['database'])
    expect(names([cluster], [])).toEqual(['database'])
  })

  test('several each have a name of their own, in the form of names', () => {
    expect(names([cluster], [container('My_DB.1'), container('my-db-1')])).toEqual([
      'database-15-1',
      'database-my-db-1',
      'database-my-db-1-3',
    ])
  })

  test('one in a container is offered with what a person knows it by', () => {
    const [offer] = offerDatabases([], [container('db')])
    expect(offer).toEqual({
      component: { kind: 'postgres-container', name: 'database', container: 'db' },
      what: 'PostgreSQL 15 in docker’s container db (postgis/postgis:15-3.3, its data in volume app_data, it does not archive yet, service db of compose project app)',
    })
  })

  test('one whose data nothing keeps is offered with that warning', () => {
    const [offer] = offerDatabases([], [{ ...container('db'), mount: undefined }])
    expect(offer?.what).toContain('its data in the container itself, lost with it')
  })
})
