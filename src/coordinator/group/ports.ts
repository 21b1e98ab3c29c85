/** What the group coordinator asks about topics: the newest metadata this node knows. */
export interface TopicDirectory {
  /** Undefined for a topic that does not exist. */
  topicIdOf(name: string): string | undefined
  /** Undefined for an id that no topic has. */
  topicNameOf(topicId: string): string | undefined
  /** 0 for a topic that does not exist. */
  partitionCountOf(name: string): number
}

/** Where a request comes from and how it is to be read. */
export interface GroupRequestContext {
  readonly apiVersion: number
  readonly clientId: string
  /** `/` and the address, as Java prints an InetAddress: `/127.0.0.1`. */
  readonly clientHost: string
  /** Wall clock when the request came, for commit timestamps; the coordinator's own clock if left out. */
  readonly now?: number
}
