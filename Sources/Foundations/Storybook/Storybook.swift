// Storybook
