/** The oldest metadata.version at which brokers use a version among themselves (fact N-B7), newest first. */
const FETCH = [
  [27, 18],
  [21, 17],
  [19, 16],
  [10, 15],
  [9, 14],
  [0, 13],
] as const
const LIST_OFFSETS = [
  [29, 11],
  [25, 10],
  [21, 9],
  [9, 8],
  [0, 7],
] as const

type Steps = readonly (readonly [level: number, version: number])[]

const at = (steps: Steps, metadataVersion: number): number => steps.find(([level]) => metadataVersion >= level)![1]

export const fetchVersion = (metadataVersion: number): number => at(FETCH, metadataVersion)
export const listOffsetsVersion = (metadataVersion: number): number => at(LIST_OFFSETS, metadataVersion)
