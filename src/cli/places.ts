import type { AppContext, PlaceOf } from '../app/site/context.ts'
import { isInContainer, type Component, type ContainerComponent, type Site } from '../domain/site.ts'
import { createContainerPlace } from '../places/container.ts'
import type { ContainerPlace, Place } from '../places/place.ts'

/** Where the source of each component is, and its engine runs; a place in a container is made once, then remembered. */
export function placesOf(site: Site, place: Place): PlaceOf {
  const containers = new Map<string, ContainerPlace>()
  function placeOf(component: ContainerComponent): ContainerPlace
  function placeOf(component: Component): Place
  function placeOf(component: Component): Place {
    if (!isInContainer(component)) return place
    const { name, source } = component
    const known = containers.get(name)
    if (known !== undefined) return known
    const made = createContainerPlace({ local: place, container: source.container, mark: `${site.name}/${name}` })
    containers.set(name, made)
    return made
  }
  return placeOf
}

/** Inside another container than a component's own. */
export const placeInOf =
  (site: Site, place: Place): AppContext['placeIn'] =>
  ({ source, name }, container, programs) =>
    createContainerPlace({
      local: place,
      container: { ...source.container, name: container },
      mark: `${site.name}/${name}`,
      ...(programs && { programs }),
    })
