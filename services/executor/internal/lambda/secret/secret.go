package secret

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// timeout bounds one secret's reading: an action waits for it.
const timeout = 5 * time.Second

// Store is AWS Secrets Manager, as the function's role may read it.
type Store struct{ client *secretsmanager.Client }

// Open reads AWS's own configuration, which a function gets from its environment.
// It asks nobody yet.
func Open(ctx context.Context) (*Store, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("secret: AWS configuration: %w", err)
	}
	return &Store{client: secretsmanager.NewFromConfig(cfg)}, nil
}

// Read returns a secret's text without the white space around it. Its errors have
// the secret's name and never its value.
//
// Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (s *Store) Read(ctx context.Context, arn string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", arn, err)
	}
	value := strings.TrimSpace(aws.ToString(out.SecretString))
	if value == "" {
		return "", fmt.Errorf("secret %s has no text", arn)
	}
	return value, nil
}
