// SPDX-License-Identifier: Apache-2.0

/// The questions that one run of the loader asks the world, and the answers.
///
/// Each is asked once and written down, so that the run sees one state of things, and the same run
/// can be made again from the recording. In a replay the world is not asked: what was not asked
/// then is not there.
final class Inquiry {
    private(set) var recording: ConfigurationRecording
    private let isReplay: Bool
    private let surroundings: Surroundings

    init(recordingFor file: String, in surroundings: Surroundings) {
        recording = ConfigurationRecording(file: file, in: surroundings)
        self.surroundings = surroundings
        isReplay = false
    }

    init(replaying recording: ConfigurationRecording) {
        self.recording = recording
        surroundings = recording.surroundings
        isReplay = true
    }

    private static let notRecorded = "it was not read when this configuration was made"

    func read(
        _ path: String
    ) throws(FileSystem.Refused) -> (bytes: [UInt8], facts: FileSystem.Facts) {
        switch answer(to: path, in: \.readings, else: .refused(Self.notRecorded), ask: reading) {
        case .contents(let bytes, let facts): return (bytes, facts)
        case .refused(let reason): throw FileSystem.Refused(reason: reason)
        }
    }

    func facts(of path: String) -> FileSystem.Facts? {
        answer(to: path, in: \.facts, else: nil, ask: FileSystem.facts)
    }

    func resolved(_ path: String) -> String? {
        answer(to: path, in: \.resolved, else: nil, ask: FileSystem.resolved)
    }

    func matches(of pattern: String) throws(FileSystem.Refused) -> [String] {
        switch answer(to: pattern, in: \.matches, else: .refused(Self.notRecorded), ask: matching) {
        case .paths(let paths): return paths
        case .refused(let reason): throw FileSystem.Refused(reason: reason)
        }
    }

    func userExists(_ identity: UserReference.Identity) -> Bool {
        answer(to: identity, in: \.users, else: false, ask: surroundings.userExists)
    }

    func groupExists(_ identity: UserReference.Identity) -> Bool {
        answer(to: identity, in: \.groups, else: false, ask: surroundings.groupExists)
    }

    private func answer<Question, Answer>(
        to question: Question,
        in answers: WritableKeyPath<ConfigurationRecording, [Question: Answer]>,
        else absent: Answer,
        ask: (Question) -> Answer
    ) -> Answer {
        if let known = recording[keyPath: answers][question] { return known }
        if isReplay { return absent }
        let answer = ask(question)
        recording[keyPath: answers].updateValue(answer, forKey: question)
        return answer
    }

    private func reading(_ path: String) -> ConfigurationRecording.Reading {
        do throws(FileSystem.Refused) {
            let file = try FileSystem.read(path)
            return .contents(file.bytes, file.facts)
        } catch {
            return .refused(error.reason)
        }
    }

    private func matching(_ pattern: String) -> ConfigurationRecording.Matches {
        do throws(FileSystem.Refused) {
            return .paths(try FileSystem.matches(of: pattern))
        } catch {
            return .refused(error.reason)
        }
    }
}
