import ArgumentParser

/// Which of a command's lists become the rows of a table of pictures, and which its columns.
public struct ComparedLists: Sendable, Equatable {
  /// One list: an option with what stands beside or under each other.
  public struct List: Sendable, Equatable {
    /// Its spelling without dashes: `guidance-scale`.
    public let option: String
    /// The option as a reader calls it: `guidance scale`.
    public let name: String
    /// What pictures of each value stand under or beside: `seed 3`.
    public let titles: [String]
    /// Each value as a part of a file's name: `seed-3`.
    let stems: [String]

    /// An option with its values.
    /// - Parameters:
    ///   - option: its spelling without dashes.
    ///   - labels: each value in words, short enough for a file's name.
    ///   - name: the option as a reader calls it; nil for its spelling with spaces.
    ///   - titles: what pictures of each value stand under; nil for name and label.
    public init(
      _ option: String, _ labels: [String], called name: String? = nil, titles: [String]? = nil
    ) {
      let name = name ?? option.replacing("-", with: " ")
      (self.option, self.name) = (option, name)
      self.titles = titles ?? labels.map { "\(name) \($0)" }
      stems = labels.map { "\(option)-\($0)" }
    }

    /// `--prompt`: a prompt speaks for itself, and files go by its number, from 1.
    public static func prompts(_ prompts: [String]) -> List {
      List("prompt", prompts.indices.map { String($0 + 1) }, titles: prompts)
    }
  }

  /// Under each other; nil where one list alone was given.
  public let rows: List?
  /// Beside each other.
  public let columns: List

  /// - Parameters:
  ///   - lists: every option that may be a list, in the order in which they become rows and columns.
  ///   - most: how many pictures are made at most.
  /// - Returns: nil where no option has several values.
  /// - Throws: `ValidationError` for more lists than a table has sides, or more pictures than are
  ///   made.
  public init?(_ lists: [List], most: Int = Values.most) throws {
    let several = lists.filter { $0.titles.count > 1 }
    guard let last = several.last else { return nil }
    guard several.count <= 2 else {
      let names = several.map { "--\($0.option)" }.joined(separator: ", ")
      throw ValidationError(
        "\(names): expected lists for at most two of them, rows and columns, found \(several.count)"
      )
    }
    (rows, columns) = (several.count == 2 ? several[0] : nil, last)
    guard count <= most else {
      let names = several.map { "--\($0.option)" }.joined(separator: " and ")
      let found = several.map { String($0.titles.count) }.joined(separator: " × ")
      throw ValidationError("\(names): expected at most \(most) pictures, found \(found)")
    }
  }

  /// One list whose pictures stand beside each other, given by no option.
  public init(between columns: List) { (rows, self.columns) = (nil, columns) }

  /// How many pictures there are.
  public var count: Int { (rows?.titles.count ?? 1) * columns.titles.count }

  /// The place of a picture in the table, when they are made row by row.
  public func place(_ index: Int) -> (row: Int, column: Int) {
    (index / columns.titles.count, index % columns.titles.count)
  }

  private func parts(_ index: Int) -> [(list: List, index: Int)] {
    let (row, column) = place(index)
    return (rows.map { [($0, row)] } ?? []) + [(columns, column)]
  }

  /// The values that set a picture apart, in words: "guidance scale 3, seed 7".
  public func label(_ index: Int) -> String {
    parts(index).map { $0.list.titles[$0.index] }.joined(separator: ", ")
  }

  /// The same as part of a file's name: `guidance-scale-3-seed-7`.
  public func stem(_ index: Int) -> String {
    parts(index).map { $0.list.stems[$0.index] }.joined(separator: "-")
  }
}
