// SPDX-License-Identifier: Apache-2.0
//
// libedit's el_set, el_get and history take variable arguments, which Swift cannot call. Each
// function here fixes the types of one use.
#ifndef SWISORD_CEDIT_H
#define SWISORD_CEDIT_H

#include <histedit.h>
#include <stdio.h>

/// What libedit's callbacks find through EL_CLIENTDATA; it must outlive the editor.
struct cedit_context {
    /// Shown before the cursor; read at each el_gets.
    char *prompt;
    /// Called for the tab key.
    unsigned char (*complete)(EditLine *editor, void *owner);
    void *owner;
};

static inline struct cedit_context *cedit_context_of(EditLine *editor) {
    void *context = NULL;
    el_get(editor, EL_CLIENTDATA, &context);
    return (struct cedit_context *)context;
}

static inline char *cedit_prompt(EditLine *editor) {
    return cedit_context_of(editor)->prompt;
}

static inline unsigned char cedit_complete(EditLine *editor, int key) {
    (void)key;
    struct cedit_context *context = cedit_context_of(editor);
    return context->complete(editor, context->owner);
}

/// Ctrl-C takes back what was typed, as in a shell.
static inline unsigned char cedit_abandon(EditLine *editor, int key) {
    (void)key;
    const LineInfo *line = el_line(editor);
    fputs("^C\n", stdout);
    el_cursor(editor, (int)(line->lastchar - line->cursor));
    el_deletestr(editor, (int)(line->lastchar - line->buffer));
    el_insertstr(editor, "\n");  // An empty line; without its end it would be the end of input.
    return CC_NEWLINE;
}

/// An editor on the standard streams, or NULL.
static inline EditLine *cedit_make(struct cedit_context *context, History *past) {
    EditLine *editor = el_init("swisordctl", stdin, stdout, stderr);
    if (editor == NULL) return NULL;
    el_set(editor, EL_CLIENTDATA, context);
    el_set(editor, EL_PROMPT, cedit_prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_SIGNAL, 1);
    el_set(editor, EL_HIST, history, past);
    el_set(editor, EL_ADDFN, "swisordctl-complete", "Complete the word", cedit_complete);
    el_set(editor, EL_BIND, "^I", "swisordctl-complete", NULL);
    el_set(editor, EL_ADDFN, "swisordctl-abandon", "Take the line back", cedit_abandon);
    el_set(editor, EL_SETTY, "-d", "-isig", NULL);
    el_set(editor, EL_BIND, "^C", "swisordctl-abandon", NULL);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor, NULL);
    return editor;
}

static inline int cedit_history_limit(History *past, int size) {
    HistEvent event;
    history(past, &event, H_SETUNIQUE, 1);
    return history(past, &event, H_SETSIZE, size);
}

static inline int cedit_history_enter(History *past, const char *line) {
    HistEvent event;
    return history(past, &event, H_ENTER, line);
}

static inline int cedit_history_load(History *past, const char *file) {
    HistEvent event;
    return history(past, &event, H_LOAD, file);
}

static inline int cedit_history_save(History *past, const char *file) {
    HistEvent event;
    return history(past, &event, H_SAVE, file);
}

#endif
