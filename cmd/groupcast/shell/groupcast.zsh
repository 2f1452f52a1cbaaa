#compdef groupcast
# zsh completion for groupcast. It asks the program, with the words as they are: [ff02::fb%eth0]:5353 is no pattern.

_groupcast() {
    local program=${${(Q)words[1]}/#\~\//$HOME/} directive entry
    local -a lines entries nospace
    lines=("${(@f)$("$program" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    [[ $lines[-1] == :<-> ]] || return 1
    directive=${lines[-1]#:}
    ((directive & 1)) && return 1
    ((directive & 2)) && nospace=(-S '')
    [[ $PREFIX == -*=* ]] && compset -P '*=' # --flag=value: candidates are values
    ((directive & 16)) && { _files -/; return; }
    lines=("${(@)lines[1,-2]}")
    ((directive & 8)) && { _files -g "*.(${(j:|:)lines#.})"; return; }
    # The program prints candidates, each with a tab and what it is; _describe wants a colon.
    for entry in "${(@)lines}"; do
        entry=${entry//:/\\:}
        [[ -n $entry ]] && entries+=("${entry/$'\t'/:}")
    done
    _describe -V groupcast entries $nospace && return
    ((directive & 4)) && return 1
    _files
}

if [[ $funcstack[1] == _groupcast ]]; then # a file of $fpath
    _groupcast "$@"
else
    compdef _groupcast groupcast
fi
