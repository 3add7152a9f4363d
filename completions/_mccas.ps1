
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'mccas' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'mccas'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'mccas' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('gets', 'gets', [CompletionResultType]::ParameterValue, 'Read values with their tokens, in one round trip')
            [CompletionResult]::new('cas', 'cas', [CompletionResultType]::ParameterValue, 'Store a value only if the item is still the one you saw')
            [CompletionResult]::new('incr-cas', 'incr-cas', [CompletionResultType]::ParameterValue, 'Add to a counter by compare-and-swap, retrying until it lands')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Edit a value through a command, from its stdin to its stdout')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit a value in $VISUAL, $EDITOR or vi')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a key only if its item is still the one you saw')
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'Run a command while holding a lock')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Follow keys: one line per change')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Test a server, from its name to a swap that must lose')
            [CompletionResult]::new('locate', 'locate', [CompletionResultType]::ParameterValue, 'Print the server that holds each key')
            [CompletionResult]::new('contention', 'contention', [CompletionResultType]::ParameterValue, 'Show which keys are fought over, and by whom')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure increments under contention, on this server')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page of mccas or of one of its commands')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mccas;gets' {
            [CompletionResult]::new('--keys-from', '--keys-from', [CompletionResultType]::ParameterName, 'Take the keys from a file, one on each line')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the bytes of the one value')
            [CompletionResult]::new('--token-only', '--token-only', [CompletionResultType]::ParameterName, 'Print the token of the one key')
            [CompletionResult]::new('--all-servers', '--all-servers', [CompletionResultType]::ParameterName, 'Ask every server')
            [CompletionResult]::new('--instance', '--instance', [CompletionResultType]::ParameterName, 'Tell also which server process hands out the tokens')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;cas' {
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read the value from a file')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Swap if the item still has it; absent: if there is none')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Swap if the value now stored is this one')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'keep, never, or a time like 2h')
            [CompletionResult]::new('--flags', '--flags', [CompletionResultType]::ParameterName, 'keep, or a number')
            [CompletionResult]::new('--instance', '--instance', [CompletionResultType]::ParameterName, 'Only by a token of this server process')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--chomp', '--chomp', [CompletionResultType]::ParameterName, 'Drop one newline at the end of the value')
            [CompletionResult]::new('--exactly-once', '--exactly-once', [CompletionResultType]::ParameterName, 'Give each swap a token of its own')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;incr-cas' {
            [CompletionResult]::new('--keys-from', '--keys-from', [CompletionResultType]::ParameterName, 'Take the keys from a file, one on each line')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What to add; may be negative')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Attempts after the first one; 0 = one attempt')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'Bound on the whole loop')
            [CompletionResult]::new('--initial', '--initial', [CompletionResultType]::ParameterName, 'A missing key counts as N')
            [CompletionResult]::new('--initial-ttl', '--initial-ttl', [CompletionResultType]::ParameterName, 'The expiry of a key that this creates')
            [CompletionResult]::new('--min', '--min', [CompletionResultType]::ParameterName, 'Refuse to go below N')
            [CompletionResult]::new('--max', '--max', [CompletionResultType]::ParameterName, 'Refuse to go above N')
            [CompletionResult]::new('--fallback', '--fallback', [CompletionResultType]::ParameterName, 'If the swaps keep losing')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'keep, never, or a time like 2h')
            [CompletionResult]::new('--flags', '--flags', [CompletionResultType]::ParameterName, 'keep, or a number')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--exactly-once', '--exactly-once', [CompletionResultType]::ParameterName, 'Give each swap a token of its own')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;update' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Run this line by sh instead')
            [CompletionResult]::new('--initial', '--initial', [CompletionResultType]::ParameterName, 'A missing key counts as VALUE')
            [CompletionResult]::new('--initial-file', '--initial-file', [CompletionResultType]::ParameterName, 'The same from a file')
            [CompletionResult]::new('--initial-ttl', '--initial-ttl', [CompletionResultType]::ParameterName, 'The expiry of a key that this creates')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Attempts after the first one; 0 = one attempt')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'Bound on everything together')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'keep, never, or a time like 2h')
            [CompletionResult]::new('--flags', '--flags', [CompletionResultType]::ParameterName, 'keep, or a number')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--always', '--always', [CompletionResultType]::ParameterName, 'Write also what did not change')
            [CompletionResult]::new('--chomp', '--chomp', [CompletionResultType]::ParameterName, 'Drop one newline at the end of the output')
            [CompletionResult]::new('--exactly-once', '--exactly-once', [CompletionResultType]::ParameterName, 'Give each swap a token of its own')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;edit' {
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'The end of the file''s name, such as .json')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'keep, never, or a time like 2h')
            [CompletionResult]::new('--flags', '--flags', [CompletionResultType]::ParameterName, 'keep, or a number')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--exactly-once', '--exactly-once', [CompletionResultType]::ParameterName, 'Give each swap a token of its own')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;delete' {
            [CompletionResult]::new('--keys-from', '--keys-from', [CompletionResultType]::ParameterName, 'Take the keys from a file, one on each line')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Delete if the item still has this token')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Delete if the value now stored is this one')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;lock' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Run this line by sh instead')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait for the lock as long as this')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long the lock outlives a holder that died; whole seconds')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Time between SIGTERM and SIGKILL if the lock is lost')
            [CompletionResult]::new('--slots', '--slots', [CompletionResultType]::ParameterName, 'So many may hold it at once')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;watch' {
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time between two looks')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after N changes')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Stop after this time')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Tell at once if the token is another than this one')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run a shell command per change')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'Follow the server''s log instead of polling')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;check' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the server is up, at most so long')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Look also at the item size, the clock, evictions')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Write nothing')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;locate' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;contention' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long to look, or forever')
            [CompletionResult]::new('--top', '--top', [CompletionResultType]::ParameterName, 'Show the N hottest rows')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What a row is')
            [CompletionResult]::new('--delimiter', '--delimiter', [CompletionResultType]::ParameterName, 'What ends a prefix, with --by prefix')
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'How many delimiters a prefix has')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'What comes first')
            [CompletionResult]::new('--max-drop', '--max-drop', [CompletionResultType]::ParameterName, 'Stop --reads where a server drops more of its log: 0 to 1')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Between two pictures')
            [CompletionResult]::new('--prometheus', '--prometheus', [CompletionResultType]::ParameterName, 'Write the counts to a file for Prometheus each interval')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Write a page about it at the end')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Write what is seen to a file, for --replay')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Show or report what --record wrote')
            [CompletionResult]::new('--fail-above', '--fail-above', [CompletionResultType]::ParameterName, 'Exit 3 if a key loses more than this share: 0 to 1')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--reads', '--reads', [CompletionResultType]::ParameterName, 'Watch reads, too: heavy for a busy server')
            [CompletionResult]::new('--no-live', '--no-live', [CompletionResultType]::ParameterName, 'Print only the final table, also on a terminal')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;bench' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Count on this key, which must hold a number')
            [CompletionResult]::new('--workers', '--workers', [CompletionResultType]::ParameterName, 'Numbers of workers')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'How long each measurement takes')
            [CompletionResult]::new('--warmup', '--warmup', [CompletionResultType]::ParameterName, 'How long the workers run before each measurement')
            [CompletionResult]::new('--export-markdown', '--export-markdown', [CompletionResultType]::ParameterName, 'Write the table to a file, in Markdown')
            [CompletionResult]::new('--export-json', '--export-json', [CompletionResultType]::ParameterName, 'Write the results to a file: {"results": [...]}')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Write a page with the results to a file')
            [CompletionResult]::new('--increments', '--increments', [CompletionResultType]::ParameterName, 'How many increments each measurement takes')
            [CompletionResult]::new('--strategy', '--strategy', [CompletionResultType]::ParameterName, 'Strategies: guide, doubling, cas, fallback, incr')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Which server holds a key, as the application''s client decides it [env: MCCAS_HASH]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]')
            [CompletionResult]::new('--max-value', '--max-value', [CompletionResultType]::ParameterName, 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file, and what they have signed, instead of the system''s [env: MCCAS_TLS_CA]')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Show the certificate in this file to a server that wants one [env: MCCAS_TLS_CERT]')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The key to --tls-cert, if it is not in the same file [env: MCCAS_TLS_KEY]')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have, instead of the host of --server [env: MCCAS_TLS_SERVER_NAME]')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The user name, for a server that asks for one [env: MCCAS_USERNAME]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The file that has the password, which else comes from MCCAS_PASSWORD; it is sent only when a server has asked for it')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path, tls://HOST:PORT, dns+HOST for each of its addresses, or dnssrv+NAME for its SRV records; more of them, which need --hash, again or as a list [env: MCCAS_SERVER, MEMCACHED_SERVERS] [default: 127.0.0.1:11211]')
            [CompletionResult]::new('--discover', '--discover', [CompletionResultType]::ParameterName, 'Ask the server for those of its cluster: it is a configuration endpoint of ElastiCache or Memorystore')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object per line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each attempt, its wait and its reason on stderr')
            [CompletionResult]::new('--tls-insecure', '--tls-insecure', [CompletionResultType]::ParameterName, 'Take any certificate, and say so each time: anybody in between can read and change everything [env: MCCAS_TLS_INSECURE=1]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'mccas;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            break
        }
        'mccas;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h: a summary')
            break
        }
        'mccas;help' {
            [CompletionResult]::new('gets', 'gets', [CompletionResultType]::ParameterValue, 'Read values with their tokens, in one round trip')
            [CompletionResult]::new('cas', 'cas', [CompletionResultType]::ParameterValue, 'Store a value only if the item is still the one you saw')
            [CompletionResult]::new('incr-cas', 'incr-cas', [CompletionResultType]::ParameterValue, 'Add to a counter by compare-and-swap, retrying until it lands')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Edit a value through a command, from its stdin to its stdout')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit a value in $VISUAL, $EDITOR or vi')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a key only if its item is still the one you saw')
            [CompletionResult]::new('lock', 'lock', [CompletionResultType]::ParameterValue, 'Run a command while holding a lock')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Follow keys: one line per change')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Test a server, from its name to a swap that must lose')
            [CompletionResult]::new('locate', 'locate', [CompletionResultType]::ParameterValue, 'Print the server that holds each key')
            [CompletionResult]::new('contention', 'contention', [CompletionResultType]::ParameterValue, 'Show which keys are fought over, and by whom')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure increments under contention, on this server')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page of mccas or of one of its commands')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mccas;help;gets' {
            break
        }
        'mccas;help;cas' {
            break
        }
        'mccas;help;incr-cas' {
            break
        }
        'mccas;help;update' {
            break
        }
        'mccas;help;edit' {
            break
        }
        'mccas;help;delete' {
            break
        }
        'mccas;help;lock' {
            break
        }
        'mccas;help;watch' {
            break
        }
        'mccas;help;check' {
            break
        }
        'mccas;help;locate' {
            break
        }
        'mccas;help;contention' {
            break
        }
        'mccas;help;bench' {
            break
        }
        'mccas;help;completions' {
            break
        }
        'mccas;help;man' {
            break
        }
        'mccas;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
