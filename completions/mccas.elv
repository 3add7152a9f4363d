
use builtin;
use str;

set edit:completion:arg-completer[mccas] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'mccas'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'mccas'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand gets 'Read values with their tokens, in one round trip'
            cand cas 'Store a value only if the item is still the one you saw'
            cand incr-cas 'Add to a counter by compare-and-swap, retrying until it lands'
            cand update 'Edit a value through a command, from its stdin to its stdout'
            cand delete 'Delete a key only if its item is still the one you saw'
            cand watch 'Follow keys: one line per change'
            cand contention 'Show which keys are fought over, and by whom'
            cand bench 'Measure increments under contention, on this server'
            cand completions 'Print the completion script for a shell'
            cand man 'Print the manual page of mccas or of one of its commands'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mccas;gets'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --raw 'Print the bytes of the one value'
            cand --token-only 'Print the token of the one key'
            cand --instance 'Tell also which server process hands out the tokens'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;cas'= {
            cand --file 'Read the value from a file'
            cand --token 'Swap if the item still has it; absent: if there is none'
            cand --expect 'Swap if the value now stored is this one'
            cand --ttl 'keep, never, or a time like 2h'
            cand --flags 'keep, or a number'
            cand --instance 'Only by a token of this server process'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --chomp 'Drop one newline at the end of the value'
            cand --exactly-once 'Give each swap a token of its own'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;incr-cas'= {
            cand --by 'What to add; may be negative'
            cand --max-retries 'Attempts after the first one; 0 = one attempt'
            cand --deadline 'Bound on the whole loop'
            cand --initial 'A missing key counts as N'
            cand --initial-ttl 'The expiry of a key that this creates'
            cand --min 'Refuse to go below N'
            cand --max 'Refuse to go above N'
            cand --fallback 'If the swaps keep losing'
            cand --ttl 'keep, never, or a time like 2h'
            cand --flags 'keep, or a number'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --exactly-once 'Give each swap a token of its own'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;update'= {
            cand --shell 'Run this line by sh instead'
            cand --initial 'A missing key counts as VALUE'
            cand --initial-file 'The same from a file'
            cand --initial-ttl 'The expiry of a key that this creates'
            cand --max-retries 'Attempts after the first one; 0 = one attempt'
            cand --deadline 'Bound on everything together'
            cand --ttl 'keep, never, or a time like 2h'
            cand --flags 'keep, or a number'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --always 'Write also what did not change'
            cand --chomp 'Drop one newline at the end of the output'
            cand --exactly-once 'Give each swap a token of its own'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;delete'= {
            cand --token 'Delete if the item still has this token'
            cand --expect 'Delete if the value now stored is this one'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;watch'= {
            cand --interval 'The time between two looks'
            cand --count 'Stop after N changes'
            cand --for 'Stop after this time'
            cand --since 'Tell at once if the token is another than this one'
            cand --exec 'Run a shell command per change'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --log 'Follow the server''s log instead of polling'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;contention'= {
            cand --for 'How long to look'
            cand --top 'Show the N hottest rows'
            cand --by 'What a row is: key or client'
            cand --interval 'Between two pictures'
            cand --fail-above 'Exit 3 if a key loses more than this share: 0 to 1'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --no-live 'Print only the final table, also on a terminal'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;bench'= {
            cand --key 'Count on this key, which must hold a number'
            cand --workers 'Numbers of workers'
            cand --for 'How long each measurement takes'
            cand --increments 'How many increments each measurement takes'
            cand --strategy 'Strategies: guide, cas, fallback, incr'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;completions'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;man'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand --quiet 'No notes, and no message on an ordinary outcome (exit 3, 4, 8, 9); -qq: nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help; -h: a summary'
            cand --help 'Print help; -h: a summary'
            cand -V 'Print the version'
            cand --version 'Print the version'
        }
        &'mccas;help'= {
            cand gets 'Read values with their tokens, in one round trip'
            cand cas 'Store a value only if the item is still the one you saw'
            cand incr-cas 'Add to a counter by compare-and-swap, retrying until it lands'
            cand update 'Edit a value through a command, from its stdin to its stdout'
            cand delete 'Delete a key only if its item is still the one you saw'
            cand watch 'Follow keys: one line per change'
            cand contention 'Show which keys are fought over, and by whom'
            cand bench 'Measure increments under contention, on this server'
            cand completions 'Print the completion script for a shell'
            cand man 'Print the manual page of mccas or of one of its commands'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mccas;help;gets'= {
        }
        &'mccas;help;cas'= {
        }
        &'mccas;help;incr-cas'= {
        }
        &'mccas;help;update'= {
        }
        &'mccas;help;delete'= {
        }
        &'mccas;help;watch'= {
        }
        &'mccas;help;contention'= {
        }
        &'mccas;help;bench'= {
        }
        &'mccas;help;completions'= {
        }
        &'mccas;help;man'= {
        }
        &'mccas;help;help'= {
        }
    ]
    $completions[$command]
}
