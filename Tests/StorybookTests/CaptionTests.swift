import Storybook
import Testing

@Suite("captions") struct CaptionTests {
  private let content = SceneContent(
    time: .sunset, ground: .sea, sky: .moon,
    objects: [SceneObject(.purple, .boat), SceneObject(.orange, .house)])

  @Test("read as in the design")
  func text() {
    #expect(
      Caption(content).text
        == "a purple boat and an orange house on the sea under the moon at sunset")
    #expect(
      Caption(content, template: .timeFirst).text
        == "at sunset a purple boat and an orange house on the sea under the moon")
    let plain = SceneContent(
      time: .day, ground: .snow, sky: nil, objects: [SceneObject(.white, .ball)])
    #expect(Caption(plain).text == "a white ball on the snow by day")
    var cloudy = plain
    cloudy.sky = .cloud
    #expect(Caption(cloudy).text == "a white ball on the snow under a cloud by day")
  }

  @Test("every attribute has its word, and only attributes have subjects")
  func subjects() {
    let pairs = Caption(content).words.compactMap { word in word.subject.map { ($0, word.text) } }
    let expected: [(Caption.Subject, String)] = [
      (.color(0), "purple"), (.object(0), "boat"), (.color(1), "orange"), (.object(1), "house"),
      (.ground, "sea"), (.sky, "moon"), (.time, "sunset"),
    ]
    #expect(pairs.map(\.0) == expected.map(\.0) && pairs.map(\.1) == expected.map(\.1))
  }

  @Test("different contents have different captions")
  func injective() {
    let all = SceneSampler.allContents
    #expect(Set(all.map { Caption($0).text }).count == all.count)
  }
}
