# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mccas_global_optspecs
    string join \n hash= discover timeout= max-value= json color= q/quiet v/verbose tls-ca= tls-cert= tls-key= tls-server-name= tls-insecure username= password-file= s/server= h/help V/version
end

function __fish_mccas_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mccas_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mccas_using_subcommand
    set -l cmd (__fish_mccas_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mccas -n "__fish_mccas_needs_command" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_needs_command" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_needs_command" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_needs_command" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_needs_command" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_needs_command" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_needs_command" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_needs_command" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_needs_command" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_needs_command" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_needs_command" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_needs_command" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_needs_command" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_needs_command" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_needs_command" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_needs_command" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_needs_command" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_needs_command" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "gets" -d 'Read values with their tokens, in one round trip'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "cas" -d 'Store a value only if the item is still the one you saw'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "incr-cas" -d 'Add to a counter by compare-and-swap, retrying until it lands'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "update" -d 'Edit a value through a command, from its stdin to its stdout'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "edit" -d 'Edit a value in $VISUAL, $EDITOR or vi'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "delete" -d 'Delete a key only if its item is still the one you saw'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "lock" -d 'Run a command while holding a lock'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "watch" -d 'Follow keys: one line per change'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "check" -d 'Test a server, from its name to a swap that must lose'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "locate" -d 'Print the server that holds each key'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "contention" -d 'Show which keys are fought over, and by whom'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "bench" -d 'Measure increments under contention, on this server'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "man" -d 'Print the manual page of mccas or of one of its commands'
complete -c mccas -n "__fish_mccas_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l keys-from -d 'Take the keys from a file, one on each line' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s 0 -l null -d 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l raw -d 'Print the bytes of the one value'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l token-only -d 'Print the token of the one key'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l all-servers -d 'Ask every server'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l instance -d 'Tell also which server process hands out the tokens'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand gets" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l file -d 'Read the value from a file' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l token -d 'Swap if the item still has it; absent: if there is none' -r -f -a "absent\t'only if the key does not exist'"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l expect -d 'Swap if the value now stored is this one' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l ttl -d 'keep, never, or a time like 2h' -r -f -a "keep\t'the moment of expiry stays'
never\t'no expiry'"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l flags -d 'keep, or a number' -r -f -a "keep\t'the flags stay'"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l instance -d 'Only by a token of this server process' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand cas" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l chomp -d 'Drop one newline at the end of the value'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l exactly-once -d 'Give each swap a token of its own'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand cas" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l keys-from -d 'Take the keys from a file, one on each line' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l by -d 'What to add; may be negative' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l max-retries -d 'Attempts after the first one; 0 = one attempt' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l deadline -d 'Bound on the whole loop' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l initial -d 'A missing key counts as N' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l initial-ttl -d 'The expiry of a key that this creates' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l min -d 'Refuse to go below N' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l max -d 'Refuse to go above N' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l fallback -d 'If the swaps keep losing' -r -f -a "fail\t'Give up'
incr\t'The server\'s own atomic arithmetic'"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l ttl -d 'keep, never, or a time like 2h' -r -f -a "keep\t'the moment of expiry stays'
never\t'no expiry'"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l flags -d 'keep, or a number' -r -f -a "keep\t'the flags stay'"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s 0 -l null -d 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l exactly-once -d 'Give each swap a token of its own'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand incr-cas" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l shell -d 'Run this line by sh instead' -r -f -a "(__fish_complete_command)"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l initial -d 'A missing key counts as VALUE' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l initial-file -d 'The same from a file' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand update" -l initial-ttl -d 'The expiry of a key that this creates' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l max-retries -d 'Attempts after the first one; 0 = one attempt' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l deadline -d 'Bound on everything together' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l ttl -d 'keep, never, or a time like 2h' -r -f -a "keep\t'the moment of expiry stays'
never\t'no expiry'"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l flags -d 'keep, or a number' -r -f -a "keep\t'the flags stay'"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand update" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand update" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand update" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand update" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand update" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand update" -l always -d 'Write also what did not change'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l chomp -d 'Drop one newline at the end of the output'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l exactly-once -d 'Give each swap a token of its own'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand update" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand update" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand update" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand update" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand update" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l suffix -d 'The end of the file\'s name, such as .json' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l ttl -d 'keep, never, or a time like 2h' -r -f -a "keep\t'the moment of expiry stays'
never\t'no expiry'"
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l flags -d 'keep, or a number' -r -f -a "keep\t'the flags stay'"
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand edit" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l exactly-once -d 'Give each swap a token of its own'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand edit" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l keys-from -d 'Take the keys from a file, one on each line' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l token -d 'Delete if the item still has this token' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l expect -d 'Delete if the value now stored is this one' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s 0 -l null -d 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand delete" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l shell -d 'Run this line by sh instead' -r -f -a "(__fish_complete_command)"
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l wait -d 'Wait for the lock as long as this' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l ttl -d 'How long the lock outlives a holder that died; whole seconds' -r -f -a "keep\t'the moment of expiry stays'
never\t'no expiry'"
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l grace -d 'Time between SIGTERM and SIGKILL if the lock is lost' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l slots -d 'So many may hold it at once' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand lock" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand lock" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l interval -d 'The time between two looks' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l count -d 'Stop after N changes' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l for -d 'Stop after this time' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l since -d 'Tell at once if the token is another than this one' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l exec -d 'Run a shell command per change' -r -f -a "(__fish_complete_command)"
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand watch" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l log -d 'Follow the server\'s log instead of polling'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand watch" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand check" -l wait -d 'Wait until the server is up, at most so long' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand check" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand check" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand check" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand check" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand check" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand check" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand check" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand check" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand check" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand check" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand check" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand check" -l strict -d 'Look also at the item size, the clock, evictions'
complete -c mccas -n "__fish_mccas_using_subcommand check" -l read-only -d 'Write nothing'
complete -c mccas -n "__fish_mccas_using_subcommand check" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand check" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand check" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand check" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand check" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand check" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand check" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand locate" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand locate" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l for -d 'How long to look, or forever' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l top -d 'Show the N hottest rows' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l by -d 'What a row is' -r -f -a "key\t'One row for each key'
client\t'One row for each client: a connection'
host\t'One row for all clients of an address'
prefix\t'One row for all keys that begin alike (user:*)'"
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l delimiter -d 'What ends a prefix, with --by prefix' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l depth -d 'How many delimiters a prefix has' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l sort -d 'What comes first' -r -f -a "lost\t'most swaps lost'
share\t'the largest share of swaps lost'
stores\t'most stores'
changed\t'changed last'
reads\t'most reads (--reads)'
misses\t'most reads that found nothing (--reads)'"
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l max-drop -d 'Stop --reads where a server drops more of its log: 0 to 1' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l interval -d 'Between two pictures' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l prometheus -d 'Write the counts to a file for Prometheus each interval' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l html -d 'Write a page about it at the end' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l record -d 'Write what is seen to a file, for --replay' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l replay -d 'Show or report what --record wrote' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l fail-above -d 'Exit 3 if a key loses more than this share: 0 to 1' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand contention" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l reads -d 'Watch reads, too: heavy for a busy server'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l no-live -d 'Print only the final table, also on a terminal'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand contention" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l key -d 'Count on this key, which must hold a number' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l workers -d 'Numbers of workers' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l for -d 'How long each measurement takes' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l warmup -d 'How long the workers run before each measurement' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l export-markdown -d 'Write the table to a file, in Markdown' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l export-json -d 'Write the results to a file: {"results": [...]}' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l html -d 'Write a page with the results to a file' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l increments -d 'How many increments each measurement takes' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l strategy -d 'Strategies: guide, doubling, cas, fallback, incr' -r -f -a "guide\t'the loop of the guide as it stands'
doubling\t'full jitter, doubling from 2 ms to 100 ms'
cas\t'incr-cas with its defaults'
fallback\t'incr-cas --fallback incr'
incr\t'the server\'s own arithmetic'"
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l hash -d 'Which server holds a key, as the application\'s client decides it [env: MCCAS_HASH]' -r -f -a "ketama\t'libmemcached\'s weighted ketama: PHP with OPT_LIBKETAMA_COMPATIBLE, pylibmc ketama_weighted, twemproxy ketama with md5, npm memcached'
libmemcached\t'libmemcached\'s default: PHP Memcached, pylibmc and the C library without further settings'
pymemcache\t'Python pymemcache\'s HashClient with str keys'
dalli\t'Ruby Dalli, also below Rails\' mem_cache_store'
gomemcache\t'Go gomemcache'
python-memcached\t'Python python-memcached'
memjs\t'Node memjs'"
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l timeout -d 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l max-value -d 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l color -d 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t'on a terminal that can show it'
always\t'also on a pipe'
never\t'nowhere'"
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l tls-ca -d 'Trust the certificates in this file, and what they have signed, instead of the system\'s [env: MCCAS_TLS_CA]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l tls-cert -d 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l tls-key -d 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l tls-server-name -d 'The name that the server\'s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l username -d 'The user name, for a server that asks for one [env: MCCAS_USERNAME]' -r -f
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l password-file -d 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it' -r -F
complete -c mccas -n "__fish_mccas_using_subcommand bench" -s s -l server -d 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]' -r -f -a "(__fish_print_hostnames)"
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l discover -d 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l json -d 'Print one JSON object per line'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -s q -l quiet -d 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -s v -l verbose -d 'Show each attempt, its wait and its reason on stderr'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -l tls-insecure -d 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand bench" -s V -l version -d 'Print the version'
complete -c mccas -n "__fish_mccas_using_subcommand completions" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand man" -s h -l help -d 'Print help; -h: a summary'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "gets" -d 'Read values with their tokens, in one round trip'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "cas" -d 'Store a value only if the item is still the one you saw'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "incr-cas" -d 'Add to a counter by compare-and-swap, retrying until it lands'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "update" -d 'Edit a value through a command, from its stdin to its stdout'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "edit" -d 'Edit a value in $VISUAL, $EDITOR or vi'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "delete" -d 'Delete a key only if its item is still the one you saw'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "lock" -d 'Run a command while holding a lock'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "watch" -d 'Follow keys: one line per change'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "check" -d 'Test a server, from its name to a swap that must lose'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "locate" -d 'Print the server that holds each key'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "contention" -d 'Show which keys are fought over, and by whom'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "bench" -d 'Measure increments under contention, on this server'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "completions" -d 'Print the completion script for a shell'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "man" -d 'Print the manual page of mccas or of one of its commands'
complete -c mccas -n "__fish_mccas_using_subcommand help; and not __fish_seen_subcommand_from gets cas incr-cas update edit delete lock watch check locate contention bench completions man" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mccas -f
complete -c mccas -n "__fish_mccas_using_subcommand completions" -f -a bash -d 'for ~/.bashrc'
complete -c mccas -n "__fish_mccas_using_subcommand completions" -f -a elvish -d 'for ~/.config/elvish/rc.elv'
complete -c mccas -n "__fish_mccas_using_subcommand completions" -f -a fish -d 'for ~/.config/fish/config.fish'
complete -c mccas -n "__fish_mccas_using_subcommand completions" -f -a powershell -d 'for its profile'
complete -c mccas -n "__fish_mccas_using_subcommand completions" -f -a zsh -d 'for ~/.zshrc, after compinit'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a gets -d 'Read values with their tokens, in one round trip'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a cas -d 'Store a value only if the item is still the one you saw'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a incr-cas -d 'Add to a counter by compare-and-swap, retrying until it lands'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a update -d 'Edit a value through a command, from its stdin to its stdout'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a edit -d 'Edit a value in $VISUAL, $EDITOR or vi'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a delete -d 'Delete a key only if its item is still the one you saw'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a lock -d 'Run a command while holding a lock'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a watch -d 'Follow keys: one line per change'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a check -d 'Test a server, from its name to a swap that must lose'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a locate -d 'Print the server that holds each key'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a contention -d 'Show which keys are fought over, and by whom'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a bench -d 'Measure increments under contention, on this server'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a completions -d 'Print the completion script for a shell'
complete -c mccas -n "__fish_mccas_using_subcommand man" -f -a man -d 'Print the manual page of mccas or of one of its commands'
complete -c mccas -n "__fish_mccas_using_subcommand update; and contains -- -- (commandline -opc)" -F -a "(__fish_complete_command)"
