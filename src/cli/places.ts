import type { AppContext } from '../app/site/context.ts'
import type { Component, DatabaseContainer, Site } from '../domain/site.ts'
import { createContainerPlace } from '../places/container.ts'
import type { Place } from '../places/place.ts'

/** Where the source of each component is, and its engine runs; a place in a container is asked for once, then remembered. */
export function placesOf(site: Site, place: Place): (component: Pick<Component, 'source' | 'name'>) => Place {
  const containers = new Map<string, Place>()
  return ({ source, name }) => {
    if (source.kind !== 'postgres' || source.container === undefined) return place
    const known = containers.get(name)
    if (known !== undefined) return known
    const made = createContainerPlace({ local: place, container: source.container, mark: `${site.name}/${name}` })
    containers.set(name, made)
    return made
  }
}

/** Inside another container than a component's own. */
export const placeInOf =
  (site: Site, place: Place): AppContext['placeIn'] =>
  ({ source, name }, container, programs) =>
    createContainerPlace({
      local: place,
      container: { ...(source.container as DatabaseContainer), name: container },
      mark: `${site.name}/${name}`,
      ...(programs && { programs }),
    })
