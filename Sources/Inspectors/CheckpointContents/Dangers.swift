import Checkpoints
import Pages

/// A file whose pickle an ordinary unpickler would let run what no tensor needs.
struct Danger {
  /// The file's name.
  let file: String
  /// The names that are not known, those by which attacks are known first.
  let globals: [PickleSurvey.Global]
  /// How many there are that were not listed.
  let unlisted: Int

  /// Whether one of them can run any program.
  var isGrave: Bool { globals.contains(where: \.canDoAnything) }

  private var names: String {
    let shown = globals.prefix(4).map { $0.name + ($0.arguments ?? "") }
    let count = globals.count + unlisted - shown.count
    return shown.joined(separator: ", ") + (count > 0 ? " and \(count) more" : "")
  }

  /// One line for the terminal and the top of the page.
  var notice: String {
    isGrave
      ? "DANGEROUS: \(file) would run a program when it is loaded: \(names); nothing of it was run here"
      : "\(file) asks for what no tensor needs: \(names); nothing of it was run here"
  }
}

extension Contents {
  /// The files whose pickles ask for what no tensor needs, the gravest first.
  var dangers: [Danger] {
    let all = listing.files.compactMap { file -> Danger? in
      guard let pickle = file.pickle, pickle.hasUnknown else { return nil }
      let unknown = pickle.globals.filter(\.isUnknown)
      return Danger(
        file: shortPath(file),
        globals: unknown.filter(\.canDoAnything) + unknown.filter { !$0.canDoAnything },
        unlisted: pickle.unlisted)
    }
    return all.filter(\.isGrave) + all.filter { !$0.isGrave }
  }
}
