
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
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand gets 'Read values with their tokens, in one round trip'
            cand cas 'Store a value only if the item is still the one you saw'
            cand incr-cas 'Add to a counter by compare-and-swap, retrying until it lands'
            cand update 'Update a value through a command: the old value on its stdin, the new one from its stdout'
            cand delete 'Delete a key only if its item is still the one you saw'
            cand watch 'Follow keys: one line per change'
            cand contention 'Show which keys are fought over, and by whom'
            cand bench 'Measure increments under contention, on this server'
            cand completions 'Print the completion script for a shell'
            cand man 'Print the manual page of mccas or of one of its commands'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mccas;gets'= {
            cand --keys-from 'Take the keys from a file, one on each line, or from stdin (-)'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand -0 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte'
            cand --null 'The keys in --keys-from end with NUL instead of a newline, so that they may hold any other byte'
            cand --raw 'Print the bytes of the one value, and nothing else, not even a newline'
            cand --token-only 'Print the token of the one key'
            cand --instance 'Tell also which server process hands out the tokens, for cas --instance'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;cas'= {
            cand --file 'Read the value from a file; for the writer of a named pipe it waits as long as --timeout says'
            cand --token 'Swap if the item still has this token; absent: store if the key does not exist'
            cand --expect 'Swap if the value now stored is this one'
            cand --ttl 'The expiry: keep, never, or a duration like 60s or 2h'
            cand --flags 'The client flags: keep, or a number'
            cand --instance 'Only if the token comes from this server process (from gets --instance)'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --chomp 'Drop one newline at the end of the value'
            cand --exactly-once 'Let each swap carry its own token as proof, so that a lost answer can be resolved'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;incr-cas'= {
            cand --by 'What to add; may be negative'
            cand --max-retries 'Attempts after the first one; 0 = one attempt [env: MCCAS_MAX_RETRIES] [default: 1000, or 1 with --fallback incr]'
            cand --deadline 'Bound on the whole loop'
            cand --initial 'A missing key counts as N; without it a missing key is exit 4'
            cand --initial-ttl 'The expiry of a key that this creates, kept ever after; a key that is there keeps its own'
            cand --min 'Refuse to go below N'
            cand --max 'Refuse to go above N'
            cand --fallback 'What to do when the retries or the deadline are used up: fail, or finish with the server''s own arithmetic'
            cand --ttl 'The expiry: keep, never, or a duration like 60s or 2h'
            cand --flags 'The client flags: keep, or a number'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --exactly-once 'Let each swap carry its own token as proof, so that a lost answer can be resolved'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;update'= {
            cand --shell 'Run this line by sh instead'
            cand --initial 'A missing key counts as VALUE; without it a missing key is exit 4'
            cand --initial-file 'The same from a file'
            cand --initial-ttl 'The expiry of a key that this creates, kept ever after; a key that is there keeps its own'
            cand --max-retries 'Attempts after the first one; 0 = one attempt [env: MCCAS_MAX_RETRIES] [default: 1000]'
            cand --deadline 'Bound on everything together, the command included'
            cand --ttl 'The expiry: keep, never, or a duration like 60s or 2h'
            cand --flags 'The client flags: keep, or a number'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --always 'Write also what did not change: it gets a new token, and what --ttl and --flags say'
            cand --chomp 'Drop one newline at the end of the output'
            cand --exactly-once 'Let each swap carry its own token as proof, so that a lost answer can be resolved'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
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
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;watch'= {
            cand --interval 'The time between two looks'
            cand --count 'Stop after N changes'
            cand --for 'Stop after this time; exit 9 if --count was not reached'
            cand --since 'Report a change at once if the key has another token than this one'
            cand --exec 'Run a shell command per change; exit 1 at the end if one failed'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --log 'Follow the server''s log instead of polling: every store, lost swaps included, with the client''s address'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;contention'= {
            cand --for 'How long to look; Ctrl-C ends it earlier'
            cand --top 'Show the N hottest rows'
            cand --by 'What a row is: key or client'
            cand --interval 'The time between two pictures of the live view, or two objects of --json'
            cand --fail-above 'Exit 3 if a key with at least 10 swaps loses more than this share of them: 0 to 1'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --no-live 'Print only the final table, also on a terminal'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;bench'= {
            cand --key 'Count on this key, which must hold a number, instead of a private one: it is raised by thousands and stays so'
            cand --workers 'Numbers of workers'
            cand --for 'How long each measurement takes'
            cand --increments 'How many increments each measurement takes, by all workers together'
            cand --strategy 'Strategies: guide, cas, fallback, incr'
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;completions'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;man'= {
            cand -s 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --server 'The server: HOST, HOST:PORT, [V6]:PORT, /path/to.sock, unix:/path or tls://HOST:PORT [env: MCCAS_SERVER, or MEMCACHED_SERVERS if it names one] [default: 127.0.0.1:11211]'
            cand --timeout 'Bound on connecting and on each exchange: 500ms, 2s, 1m [env: MCCAS_TIMEOUT] [default: 1s]'
            cand --max-value 'The longest value to deal with, such as 64k, 200MiB or 1GiB [default: 128MiB]'
            cand --color 'When to colour: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE]'
            cand --json 'Print one JSON object per line'
            cand -q 'Say nothing on stderr'
            cand --quiet 'Say nothing on stderr'
            cand -v 'Show each attempt, its wait and its reason on stderr'
            cand --verbose 'Show each attempt, its wait and its reason on stderr'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'mccas;help'= {
            cand gets 'Read values with their tokens, in one round trip'
            cand cas 'Store a value only if the item is still the one you saw'
            cand incr-cas 'Add to a counter by compare-and-swap, retrying until it lands'
            cand update 'Update a value through a command: the old value on its stdin, the new one from its stdout'
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
