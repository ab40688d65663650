import Storybook
import Tensors
import Testing

@Suite("Boxes of a scene") struct SceneBoxesTests {
  @Test("hold the object that the scene has, where its mask is, and nothing of it is outside")
  func boxes() throws {
    let batch = SceneBatches(seed: 9).batch(0..<24, withMasks: true)
    for index in 0..<24 {
      let content = batch.scenes[index].content
      let boxes = batch.boxes(at: index)
      for (number, object) in content.objects.enumerated() {
        let mask = batch.mask(of: .object(number), at: index)
        let own = boxes.first { $0.content.rawValue == object.kind.rawValue }
        guard mask.moments.max >= 0.5 else { continue }
        let box = try #require(own)
        let isAlone = content.objects.count(where: { $0.kind == object.kind }) == 1
        guard isAlone else { continue }
        for y in 0..<128 {
          for x in 0..<128 where mask[y, x] >= 0.5 {
            #expect(Float(x) / 128 >= box.left && Float(x + 1) / 128 <= box.right)
            #expect(Float(y) / 128 >= box.top && Float(y + 1) / 128 <= box.bottom)
          }
        }
      }
      #expect(boxes.contains { $0.content.rawValue == content.ground.rawValue })
      #expect(boxes.count <= LayoutVocabulary.boxes)
    }
  }

  @Test("there is no box around nothing")
  func empty() {
    #expect(SceneBox(.boat, around: .zeros([4, 4])) == nil)
  }

  @Test("five tokens for a box, then padding; other boxes give other tokens")
  func tokens() {
    let box = SceneBox(.boat, left: 0, top: 0.5, right: 1, bottom: 1)
    let tokens = LayoutVocabulary.tokens([box])
    #expect(tokens.count == LayoutVocabulary.length)
    let places = (0..<4).map { LayoutVocabulary.firstPlace + $0 * LayoutVocabulary.placesPerSide }
    #expect(tokens[0] == 3)
    #expect(zip(tokens[1..<5], places).map { $0 - $1 } == [0, 16, 32, 32])
    #expect(tokens.dropFirst(5).allSatisfy { $0 == LayoutVocabulary.padding })
    let all = BoxClass.allCases.map {
      LayoutVocabulary.tokens([SceneBox($0, left: 0, top: 0, right: 1, bottom: 1)])
    }
    #expect(Set(all).count == BoxClass.allCases.count)
    #expect(tokens.max() == LayoutVocabulary.size - 1)
  }
}
