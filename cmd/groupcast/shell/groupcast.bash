# bash completion for groupcast. It asks the program, and needs no bash-completion package.

_groupcast() {
    local line=${COMP_LINE:0:COMP_POINT} word='' quote='' begun='' char i
    local -a words=()
    COMPREPLY=()

    # COMP_WORDS is cut at colons, which groups with ports have: the line is cut here at blanks only.
    for ((i = 0; i < ${#line}; i++)); do
        char=${line:i:1}
        if [[ $quote == "'" && $char != "'" ]]; then
            word+=$char
        elif [[ $quote && $char == "$quote" ]]; then
            quote=''
        elif [[ $char == \\ ]]; then
            ((++i))
            word+=${line:i:1} begun=1
        elif [[ $quote ]]; then
            word+=$char
        elif [[ $char == [\'\"] ]]; then
            quote=$char begun=1
        elif [[ $char == [[:space:]] ]]; then
            [[ $begun ]] && words+=("$word")
            word='' begun=''
        else
            word+=$char begun=1
        fi
    done
    while [[ ${words[0]-} == [A-Za-z_]*=* ]]; do # variables before the command
        words=("${words[@]:1}")
    done
    ((${#words[@]})) || return

    # The program prints candidates, each with a tab and what it is, and then what to do with them.
    local program=${words[0]/#\~\//$HOME/} entry directive='' flag='' value=$word
    local -a entries=()
    while IFS= read -r entry; do
        [[ $entry =~ ^:[0-9]+$ ]] && directive=${entry#:} || entries+=("$entry")
    done < <("$program" __complete "${words[@]:1}" "$word" 2>/dev/null)
    [[ $directive ]] && ((!(directive & 1))) || return
    ((directive & 2)) && compopt -o nospace 2>/dev/null
    [[ $word == -*=* ]] && flag=${word%%=*}= value=${word#*=} # --flag=value: candidates are values
    if ((directive & 16)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r entry; do COMPREPLY+=("$entry"); done < <(compgen -d -- "$value")
        return
    fi
    if ((directive & 8)); then # candidates are the endings of files
        compopt -o filenames 2>/dev/null
        local ending
        while IFS= read -r entry; do
            [[ -d $entry ]] && COMPREPLY+=("$entry")
            for ending in "${entries[@]}"; do
                [[ -f $entry && $entry == *."${ending#.}" ]] && COMPREPLY+=("$entry")
            done
        done < <(compgen -f -- "$value")
        return
    fi

    # readline puts a candidate in the place of what follows the last of COMP_WORDBREAKS, but within quotes.
    local typed=$word head=''
    if [[ ! $quote ]]; then
        for ((i = ${#typed} - 1; i >= 0; i--)); do
            [[ $COMP_WORDBREAKS == *"${typed:i:1}"* ]] && { head=${typed:0:i+1}; break; }
        done
    fi
    local -a names=() descriptions=()
    local name longest=0
    for entry in "${entries[@]}"; do
        name=${entry%%$'\t'*}
        [[ $name == "$value"* ]] || continue
        name=$flag$name
        name=${name#"$head"}
        names+=("$name")
        [[ $entry == *$'\t'* ]] && descriptions+=("${entry#*$'\t'}") || descriptions+=('')
        ((${#name} > longest)) && longest=${#name}
    done
    if ((${#names[@]} == 0)); then
        ((directive & 4)) || compopt -o bashdefault -o default 2>/dev/null # files
        return
    fi
    # What a candidate is stands beside it where candidates are listed, not where they are put in one after
    # the other. A row has one candidate.
    if ((${#names[@]} == 1)) || [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 ]]; then
        COMPREPLY=("${names[@]}")
        return
    fi
    local width=$((${COLUMNS:-80} - 1)) row
    for ((i = 0; i < ${#names[@]}; i++)); do
        row=${names[i]}
        if [[ ${descriptions[i]} ]] && ((longest + 10 < width)); then
            printf -v row '%-*s  %s' "$longest" "$row" "${descriptions[i]}"
            row=${row:0:width}
            printf -v row '%-*s' $((width / 2)) "$row"
        fi
        COMPREPLY+=("$row")
    done
}

complete -o nosort -F _groupcast groupcast 2>/dev/null || complete -F _groupcast groupcast
