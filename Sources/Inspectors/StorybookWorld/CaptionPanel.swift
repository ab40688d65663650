import Imaging
import Pages
import Storybook
import Tensors

/// The current scene, large, with its caption below: pointing at a word lights up what it names, and
/// pointing into the picture the words that name it.
struct CaptionPanel: Panel {
  private struct Contents: Encodable {
    struct Word: Encodable {
      let text: String
      /// The mask that the word lights up, by its place among `masks`; nil for "a" and "the".
      let mask: Int?
    }

    struct Scene: Encodable {
      /// Places among the panel's pictures.
      let picture: Int
      let masks: [Int]
      let words: [Word]
    }

    let axis: String
    let size: Int
    let scenes: [Scene]
  }

  private let panel: Custom

  init(_ batch: SceneBatch, scene: Axis) {
    var pictures: [Picture] = []
    func add(_ image: Image) -> Int {
      pictures.append(Picture(png: PNG.data(of: image)))
      return pictures.count - 1
    }
    let scenes = batch.scenes.indices.map { i -> Contents.Scene in
      let caption = batch.captions[i]
      var subjects: [Caption.Subject] = []
      let words = caption.words.map { word -> Contents.Word in
        guard let subject = word.subject.map(Self.shown) else {
          return Contents.Word(text: word.text, mask: nil)
        }
        if !subjects.contains(subject) { subjects.append(subject) }
        return Contents.Word(text: word.text, mask: subjects.firstIndex(of: subject))
      }
      return Contents.Scene(
        picture: add(Image(batch.pictures.rows(i..<i + 1))),
        masks: subjects.map { add(batch.maskImage(of: $0, at: i)) }, words: words)
    }
    panel = Custom(
      markup: """
        <figure class="scene"><div class="frame"><canvas role="img"></canvas></div>\
        <figcaption class="words"></figcaption></figure>
        """,
      data: Contents(axis: scene.name, size: batch.pictures.shape[3], scenes: scenes),
      pictures: pictures, axes: [scene], code: .caption)
  }

  /// A colour is seen where its object is.
  private static func shown(_ subject: Caption.Subject) -> Caption.Subject {
    if case .color(let object) = subject { .object(object) } else { subject }
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

extension SceneBatch {
  /// A word's mask as a grey picture: white where all of a pixel shows it.
  func maskImage(of subject: Caption.Subject, at index: Int) -> Image {
    let mask = mask(of: subject, at: index)
    return Image(mask.scaled(by: 2, plus: -1).reshaped([1] + mask.shape))
  }
}
