/* The server of each key as libmemcached chooses it, without a server: memcached_generate_hash.
 *
 *     libmemcached weighted|default SERVER... < keys
 *
 * SERVER is HOST:PORT:WEIGHT or the path of a socket. Prints one index per line of stdin. */
#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(memcached_st *client, char *server) {
  if (server[0] == '/')
    return memcached_server_add_unix_socket_with_weight(client, server, 1) == MEMCACHED_SUCCESS;
  char *weight = strrchr(server, ':');
  if (!weight) return 0;
  *weight++ = '\0';
  char *port = strrchr(server, ':');
  if (!port) return 0;
  *port++ = '\0';
  return memcached_server_add_with_weight(client, server, (in_port_t)atoi(port),
                                          (uint32_t)strtoul(weight, NULL, 10)) == MEMCACHED_SUCCESS;
}

int main(int argc, char **argv) {
  memcached_st *client = memcached_create(NULL);
  if (argc < 3 || !client) return 2;
  if (strcmp(argv[1], "weighted") == 0)
    memcached_behavior_set(client, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
  for (int i = 2; i < argc; i++)
    if (!add(client, argv[i])) {
      fprintf(stderr, "libmemcached takes no server %s\n", argv[i]);
      return 1;
    }
  char *key = NULL;
  size_t room = 0;
  for (ssize_t length; (length = getline(&key, &room, stdin)) > 0;) {
    if (key[length - 1] == '\n') length--;
    printf("%u\n", memcached_generate_hash(client, key, (size_t)length));
  }
  free(key);
  memcached_free(client);
  return 0;
}
