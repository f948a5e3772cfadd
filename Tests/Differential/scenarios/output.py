# SPDX-License-Identifier: Apache-2.0
"""What programs write that is more than text: messages to listeners, events of all of it, colours."""

from catalogue import shell
from .listeners import hears, last
from .logs import writes

LOGS = "PROCESS_LOG,REMOTE_COMMUNICATION"
MESSAGES = "PROCESS_COMMUNICATION,REMOTE_COMMUNICATION"
MESSAGE = "<!--XSUPERVISOR:BEGIN-->%s<!--XSUPERVISOR:END-->"
CAPTURE = "stdout_capture_maxbytes=1KB"


def says(script, *keys):
    """A program that waits to be started, says something, and runs on for a while."""
    return shell("a", script + "; sleep 600", "startsecs=0", "autostart=false", *keys)


hears("events_of_what_is_written", LOGS, says("echo one line", "stdout_events_enabled=true"),
      "start a", "@PROCESS_LOG_STDOUT", last)
hears("events_of_what_is_written_to_standard_error", LOGS,
      says("echo one line >&2", "stdout_events_enabled=true", "stderr_events_enabled=true"),
      "start a", "@PROCESS_LOG_STDERR", last)
hears("events_of_what_is_written_with_standard_output", LOGS,
      says("echo one line >&2", "stdout_events_enabled=true", "redirect_stderr=true"),
      "start a", "@PROCESS_LOG_STDOUT", last)
hears("events_of_what_goes_to_no_log", LOGS,
      says("echo one line", "stdout_events_enabled=true", "stdout_logfile=NONE"),
      "start a", "@PROCESS_LOG_STDOUT", last)
hears("events_of_any_bytes", LOGS,
      says(r'printf "gr\\303\\266\\303\\237e\\n"; sleep 0.5; printf "\\377\\001\\n"',
           "stdout_events_enabled=true"),
      "start a", "@Undecodable", last, differs="lengths-of-events-count-bytes")
hears("events_of_coloured_output", LOGS,
      says(r'printf "\\033[1;31mred\\033[0m\\n"', "stdout_events_enabled=true"),
      "start a", "@PROCESS_LOG_STDOUT", last, daemon="strip_ansi=true")

hears("events_of_a_message", MESSAGES, says('echo "before%safter"' % MESSAGE % "what it says", CAPTURE),
      "start a", "@PROCESS_COMMUNICATION_STDOUT", last)
hears("events_of_a_message_to_standard_error", MESSAGES,
      says('echo "%s" >&2' % MESSAGE % "what it says", "stderr_capture_maxbytes=1KB"),
      "start a", "@PROCESS_COMMUNICATION_STDERR", last)
hears("events_of_two_messages", MESSAGES,
      says('echo "%s and %s"' % (MESSAGE % "one", MESSAGE % "two"), CAPTURE),
      "start a", "@two", last)
hears("events_of_a_message_in_pieces", MESSAGES,
      says('printf "<!--XSUPER"; sleep 0.2; printf "VISOR:BEGIN-->one"; sleep 0.2; '
           'printf " and two<!--XSUPERVISOR"; sleep 0.2; echo ":END-->"', CAPTURE),
      "start a", "@PROCESS_COMMUNICATION_STDOUT", last)
hears("events_of_a_message_that_is_too_long", MESSAGES,
      says('echo "%s"' % MESSAGE % ("0123456789" * 5), "stdout_capture_maxbytes=20"),
      "start a", "@PROCESS_COMMUNICATION_STDOUT", last, differs="messages-keep-to-their-limit")
hears("events_of_messages_in_all_that_is_written", "PROCESS_LOG,PROCESS_COMMUNICATION,REMOTE_COMMUNICATION",
      says('printf "%s"' % MESSAGE % "one", CAPTURE, "stdout_events_enabled=true"),
      "start a", "@PROCESS_COMMUNICATION_STDOUT", last)

writes("log_beside_messages", 'echo "before%safter it more than a tag, to the end"' % MESSAGE % "what it says", CAPTURE)
writes("log_of_less_than_a_tag", "printf short", CAPTURE, end="", differs="nothing-is-held-back-for-good")
writes("log_of_a_message_without_end", 'printf "<!--XSUPERVISOR:BEGIN-->half"', CAPTURE, end="",
       differs="nothing-is-held-back-for-good")

writes("log_without_colours", r'printf "\033[1;31mred\033[0m \033[Kend\n"', daemon="strip_ansi=true")
writes("log_with_colours", r'printf "\033[1;31mred\033[0m end\n"')
writes("log_without_colours_in_pieces", r'printf "\033[1;3"; sleep 0.2; printf "1mred\033[0m end\n"',
       daemon="strip_ansi=true", differs="escapes-are-stripped-whole")
writes("log_without_sequences_that_are_rare", r'printf "a\033[1;2x rest of the line\n"; echo end',
       daemon="strip_ansi=true", differs="escapes-are-stripped-whole")
