/// A caption of a scene, with what each of its words points at.
public struct Caption: Hashable, Sendable {
  /// What a word is about.
  public enum Subject: Hashable, Sendable {
    /// The object of this index.
    case object(Int)
    /// The colour of the object of this index.
    case color(Int)
    /// What the words name: the ground, what hangs in the sky, or the time of day.
    case ground, sky, time
  }

  /// One word and what it is about.
  public struct Word: Hashable, Sendable {
    /// As it is written in the caption.
    public var text: String
    /// nil for articles and prepositions.
    public var subject: Subject?
  }

  /// The order of the parts.
  public enum Template: String, CaseIterable, Codable, Sendable {
    /// "a purple boat and an orange house on the sea under the moon at sunset"
    case timeLast
    /// "at sunset a purple boat and an orange house on the sea under the moon"
    case timeFirst
  }

  /// The words in reading order.
  public let words: [Word]
  /// The words with single spaces between them.
  public var text: String { words.map(\.text).joined(separator: " ") }

  /// What a content is called in words.
  public init(_ content: SceneContent, template: Template = .timeLast) {
    var words: [Word] = []
    for (i, object) in content.objects.enumerated() {
      if i > 0 { words.append(Word(text: "and")) }
      words.append(Word(text: object.color == .orange ? "an" : "a"))
      words.append(Word(text: object.color.rawValue, subject: .color(i)))
      words.append(Word(text: object.kind.rawValue, subject: .object(i)))
    }
    words += [
      Word(text: "on"), Word(text: "the"), Word(text: content.ground.rawValue, subject: .ground),
    ]
    if let sky = content.sky {
      words += [
        Word(text: "under"), Word(text: sky == .cloud ? "a" : "the"),
        Word(text: sky.rawValue, subject: .sky),
      ]
    }
    let time = [
      Word(text: content.time == .day ? "by" : "at"),
      Word(text: content.time.rawValue, subject: .time),
    ]
    self.words = template == .timeLast ? words + time : time + words
  }
}

extension Caption {
  /// Every word that a caption can have, in the order of the alphabet.
  public static let vocabulary: [String] = {
    let named: [[String]] = [
      ObjectColor.allCases.map(\.rawValue), ObjectKind.allCases.map(\.rawValue),
      Ground.allCases.map(\.rawValue), SkyItem.allCases.map(\.rawValue),
      TimeOfDay.allCases.map(\.rawValue),
    ]
    return (named.joined() + ["a", "an", "and", "on", "the", "under", "by", "at"]).sorted()
  }()
}

extension Scene {
  /// The caption that goes with this scene in a data set: one in four names the time first.
  public var caption: Caption {
    Caption(content, template: layout.detailSeed % 4 == 0 ? .timeFirst : .timeLast)
  }
}
