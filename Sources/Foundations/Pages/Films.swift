import Foundation

/// The pictures of a page, each held once however often it is shown, and which of them is shown
/// where.
///
/// When they would take more than the page may hold, every film keeps every n-th step only, and
/// the steps between borrow the nearest picture that is kept.
struct Films {
  private var pictures: [Picture] = []
  private var known: [Data: Int] = [:]
  private var films: [Varying<Int>] = []
  /// Pictures of special instruments are never left out.
  private var always: Set<Int> = []

  mutating func add(_ film: Varying<Picture>) -> Int {
    films.append(film.map { intern($0) })
    return films.count - 1
  }

  mutating func addFixed(_ fixed: [Picture]) -> [Int] {
    let indices = fixed.map { intern($0) }
    always.formUnion(indices)
    return indices
  }

  private mutating func intern(_ picture: Picture) -> Int {
    if let index = known[picture.png] { return index }
    pictures.append(picture)
    known[picture.png] = pictures.count - 1
    return pictures.count - 1
  }

  // MARK: What the script reads

  /// For each position the picture that is shown there.
  struct FilmData: Encodable {
    var axes: [Int]
    var frames: [Int]
    /// The label of the step that a frame was borrowed from; nil when every step has its own.
    var borrowed: [String?]?
  }

  struct PictureData: Encodable {
    /// Base64; nil when no film shows it.
    var png: String?
    /// The numbers behind the colours: base64 of little-endian Float32.
    var values: String?
  }

  struct Output {
    var pictures: [PictureData]
    var films: [FilmData]
    /// Films keep every so many-th step.
    var thinning: Int
  }

  /// - Parameters:
  ///   - limit: the most bytes that the pictures may take.
  ///   - index: the number by which the script knows an axis.
  func output(limit: Int, index: (Axis) -> Int) -> Output {
    let longest = films.flatMap(\.axes).filter(\.isOrdered).map(\.count).max() ?? 1
    var thinning = 1
    while thinning < longest, bytes(used(thinning)) > limit { thinning += 1 }
    let used = used(thinning)
    let data = pictures.enumerated().map { index, picture in
      guard used.contains(index) else { return PictureData() }
      return PictureData(
        png: picture.png.base64EncodedString(),
        values: picture.values.map(Packed.text))
    }
    return Output(
      pictures: data,
      films: films.map { film in
        let sources = sources(film, thinning)
        let labels = sources.map(\.borrowed)
        return FilmData(
          axes: film.axes.map(index), frames: sources.map { film.values[$0.flat] },
          borrowed: labels.contains { $0 != nil } ? labels : nil)
      }, thinning: thinning)
  }

  private func bytes(_ used: Set<Int>) -> Int {
    used.reduce(0) { total, index in
      let raw = pictures[index].png.count + 4 * (pictures[index].values?.count ?? 0)
      return total + (raw + 2) / 3 * 4
    }
  }

  private func used(_ thinning: Int) -> Set<Int> {
    films.reduce(into: always) { used, film in
      used.formUnion(sources(film, thinning).map { film.values[$0.flat] })
    }
  }

  /// For each position of a film the position whose picture is shown there.
  private func sources(_ film: Varying<Int>, _ thinning: Int) -> [(flat: Int, borrowed: String?)] {
    let ordered = film.axes.indices.filter { film.axes[$0].isOrdered }
    guard thinning > 1, let along = ordered.max(by: { film.axes[$0].count < film.axes[$1].count })
    else { return film.values.indices.map { ($0, nil) } }
    let axis = film.axes[along]
    let stride = film.axes[(along + 1)...].map(\.count).reduce(1, *)
    return film.values.indices.map { flat in
      let position = flat / stride % axis.count
      let kept = Self.nearestKept(to: position, of: axis, thinning)
      return (flat + (kept - position) * stride, kept == position ? nil : axis.labels[kept])
    }
  }

  /// Every `thinning`-th position is kept, and so are the last one and the opening one.
  private static func nearestKept(to position: Int, of axis: Axis, _ thinning: Int) -> Int {
    let below = position / thinning * thinning
    let candidates = [below, min(below + thinning, axis.count - 1), axis.start]
    return candidates.min { abs($0 - position) < abs($1 - position) } ?? position
  }
}
